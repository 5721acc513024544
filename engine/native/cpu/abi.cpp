// The C ABI of the CPU backend.
#include <algorithm>
#include <memory>
#include <string>

#include "baton_engine.h"
#include "error.hpp"
#include "llama.hpp"
#include "sampling.hpp"

struct baton_engine {
  baton::cpu::Llama model;
};

extern "C" {

uint32_t baton_abi_version(void) { return BATON_ABI_VERSION; }

baton_status baton_open(const baton_model* model, const baton_options* options,
                        baton_engine** engine, char* error, size_t capacity) {
  return baton::guarded(error, capacity, [&] {
    baton::require(model != nullptr && options != nullptr && engine != nullptr, "null argument");
    *engine = new baton_engine{baton::cpu::Llama(*model, *options)};
  });
}

const char* baton_isa(const baton_engine* engine) {
  return engine == nullptr ? "" : engine->model.kernels().name;
}

baton_status baton_step(baton_engine* engine, const baton_slice* slices, size_t count,
                        baton_sample* samples, size_t sample_capacity, char* error,
                        size_t capacity) {
  return baton::guarded(error, capacity, [&] {
    baton::require(engine != nullptr, "null engine");
    engine->model.step({slices, count}, {samples, sample_capacity});
  });
}

baton_status baton_logits(const baton_engine* engine, size_t index, float* logits,
                          size_t logit_capacity, char* error, size_t capacity) {
  return baton::guarded(error, capacity, [&] {
    baton::require(engine != nullptr && logits != nullptr, "null argument");
    const auto from = engine->model.logits(index);
    baton::require(from.size() <= logit_capacity,
                   "no room for " + std::to_string(from.size()) + " logits");
    std::copy(from.begin(), from.end(), logits);
  });
}

baton_status baton_sample_logits(const float* logits, int32_t vocabulary,
                                 const baton_sampling* sampling, const int32_t* history,
                                 int64_t position, baton_sample* sample, char* error,
                                 size_t capacity) {
  return baton::guarded(error, capacity, [&] {
    baton::require(logits != nullptr && sampling != nullptr && sample != nullptr, "null argument");
    baton::require(vocabulary > 0 && position >= 0, "vocabulary or position out of range");
    baton::check(*sampling);
    if (baton::needs_history(*sampling)) {
      baton::require(history != nullptr, "penalties need the history");
      for (int64_t i = 0; i < position; ++i) {
        baton::require(history[i] >= 0 && history[i] < vocabulary, "history token out of range");
      }
    }
    baton::SamplerScratch scratch;
    baton::sample(logits, vocabulary, *sampling, history, position, scratch, *sample);
  });
}

void baton_close(baton_engine* engine) { delete engine; }

}  // extern "C"
