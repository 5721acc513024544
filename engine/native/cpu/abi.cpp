// The C ABI of the CPU backend.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

#include "baton_engine.h"
#include "error.hpp"
#include "llama.hpp"
#include "steps_ahead.hpp"

struct baton_engine {
  baton::cpu::Llama model;
  baton::cpu::StepsAhead steps{};
};

namespace {

/// What host memory is aligned to: a page.
constexpr std::size_t kHostAlignment = 4096;

baton_status no_pool(char* error, size_t capacity) {
  return baton::guarded(error, capacity, [] {
    throw baton::Failure(BATON_UNSUPPORTED, "the KV pool of this backend is its caller's memory");
  });
}

}  // namespace

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
    baton::require(engine->steps.none(), "a submitted step has not been waited for");
    std::size_t wanted = 0;
    for (size_t i = 0; slices != nullptr && i < count; ++i) wanted += slices[i].sample != 0;
    baton::require(wanted <= sample_capacity, "no room for " + std::to_string(wanted) + " samples");
    engine->steps.submit(engine->model, {slices, count});
    engine->steps.wait({samples, sample_capacity});
  });
}

baton_status baton_submit(baton_engine* engine, const baton_slice* slices, size_t count,
                          char* error, size_t capacity) {
  return baton::guarded(error, capacity, [&] {
    baton::require(engine != nullptr && slices != nullptr, "null argument");
    engine->steps.submit(engine->model, {slices, count});
  });
}

baton_status baton_wait(baton_engine* engine, baton_sample* samples, size_t sample_capacity,
                        char* error, size_t capacity) {
  return baton::guarded(error, capacity, [&] {
    baton::require(engine != nullptr && (samples != nullptr || sample_capacity == 0),
                   "null argument");
    engine->steps.wait({samples, sample_capacity});
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

void baton_close(baton_engine* engine) { delete engine; }

baton_status baton_kv_export(baton_engine*, baton_kv_handle*, char* error, size_t capacity) {
  return no_pool(error, capacity);
}

baton_status baton_kv_digest(baton_engine*, const int32_t*, size_t, uint32_t*, char* error,
                             size_t capacity) {
  return no_pool(error, capacity);
}

baton_status baton_kv_read(baton_engine*, const int32_t*, size_t, void*, char* error,
                           size_t capacity) {
  return no_pool(error, capacity);
}

baton_status baton_kv_write(baton_engine*, const int32_t*, size_t, const void*, char* error,
                            size_t capacity) {
  return no_pool(error, capacity);
}

baton_status baton_kv_attach(baton_engine*, const baton_kv_handle*, baton_kv_peer**, char* error,
                             size_t capacity) {
  return no_pool(error, capacity);
}

baton_status baton_kv_pull(baton_engine*, baton_kv_peer*, const int32_t*, const int32_t*, size_t,
                           uint32_t*, char* error, size_t capacity) {
  return no_pool(error, capacity);
}

void baton_kv_detach(baton_kv_peer*) {}

baton_status baton_host_allocate(uint64_t bytes, void** memory, char* error, size_t capacity) {
  return baton::guarded(error, capacity, [&] {
    baton::require(memory != nullptr && bytes > 0, "null argument or no bytes");
    baton::require(bytes <= SIZE_MAX - kHostAlignment, "more bytes than there can be");
    const std::size_t whole = (bytes + kHostAlignment - 1) / kHostAlignment * kHostAlignment;
    *memory = std::aligned_alloc(kHostAlignment, whole);
    if (*memory == nullptr) throw std::bad_alloc();
  });
}

void baton_host_free(void* memory) { std::free(memory); }

}  // extern "C"
