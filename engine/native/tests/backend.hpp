// A backend opened as the JNI shim opens it, and an engine of it.
#pragma once

#include <dlfcn.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "baton_engine.h"
#include "greedy.hpp"

namespace baton::testing {

/// A failed call, with its status.
struct CallFailure : std::runtime_error {
  baton_status status;
  CallFailure(baton_status status, const std::string& message)
      : std::runtime_error(message), status(status) {}
};

class Backend {
 public:
  explicit Backend(const std::string& file) : library_(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) throw std::runtime_error(dlerror());
  }

  template <class Function>
  Function* find(const char* name) const {
    void* found = dlsym(library_, name);
    if (found == nullptr) throw std::runtime_error(std::string(name) + " is missing");
    return reinterpret_cast<Function*>(found);
  }

  /// Calls a function that ends in (error, capacity).
  template <class Function, class... Arguments>
  void call(const char* name, Arguments... arguments) const {
    char error[1024] = {};
    const baton_status status = find<Function>(name)(arguments..., error, sizeof error);
    if (status != BATON_OK) throw CallFailure(status, error);
  }

 private:
  void* library_;
};

#define BATON_CALL(backend, function, ...) \
  (backend).call<decltype(function)>(#function, __VA_ARGS__)

class OpenModel {
 public:
  /// `pool` is the caller's memory, or null for a backend that keeps its own.
  OpenModel(const Backend& backend, const baton_model& model, const baton_options& options)
      : backend_(backend) {
    BATON_CALL(backend_, baton_open, &model, &options, &engine_);
  }
  ~OpenModel() { backend_.find<decltype(baton_close)>("baton_close")(engine_); }
  OpenModel(const OpenModel&) = delete;
  OpenModel& operator=(const OpenModel&) = delete;

  baton_engine* engine() const { return engine_; }

  std::vector<baton_sample> step(const std::vector<baton_slice>& slices) {
    std::vector<baton_sample> samples(slices.size());
    BATON_CALL(backend_, baton_step, engine_, slices.data(), slices.size(), samples.data(),
               samples.size());
    return samples;
  }
  void submit(const std::vector<baton_slice>& slices) {
    BATON_CALL(backend_, baton_submit, engine_, slices.data(), slices.size());
  }
  std::vector<baton_sample> wait(std::size_t count) {
    std::vector<baton_sample> samples(count);
    BATON_CALL(backend_, baton_wait, engine_, samples.data(), samples.size());
    return samples;
  }
  std::vector<float> logits(std::size_t sample, int vocabulary) const {
    std::vector<float> out(static_cast<std::size_t>(vocabulary));
    BATON_CALL(backend_, baton_logits, static_cast<const baton_engine*>(engine_), sample,
               out.data(), out.size());
    return out;
  }

 private:
  const Backend& backend_;
  baton_engine* engine_ = nullptr;
};

}  // namespace baton::testing
