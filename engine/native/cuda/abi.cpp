// The C ABI of the CUDA backend.
#include "baton_engine.h"

#include <cuda_runtime.h>

#include <memory>

#include "engine.hpp"
#include "error.hpp"

struct baton_engine {
  baton::cuda::Engine engine;
};

struct baton_kv_peer {
  std::unique_ptr<baton::cuda::KvPeer> pool;
};

namespace {

/// Runs `body` with the engine's device current on this thread.
template <class Body>
baton_status on_device(const baton_engine* engine, char* error, size_t capacity, Body&& body) {
  return baton::guarded(error, capacity, [&] {
    baton::require(engine != nullptr, "null engine");
    BATON_CUDA(cudaSetDevice(engine->engine.device()));
    body();
  });
}

}  // namespace

extern "C" {

uint32_t baton_abi_version(void) { return BATON_ABI_VERSION; }

baton_status baton_open(const baton_model* model, const baton_options* options,
                        baton_engine** engine, char* error, size_t capacity) {
  return baton::guarded(error, capacity, [&] {
    baton::require(model != nullptr && options != nullptr && engine != nullptr, "null argument");
    *engine = new baton_engine{baton::cuda::Engine(*model, *options)};
  });
}

const char* baton_isa(const baton_engine* engine) {
  return engine == nullptr ? "" : engine->engine.architecture().c_str();
}

baton_status baton_step(baton_engine* engine, const baton_slice* slices, size_t count,
                        baton_sample* samples, size_t sample_capacity, char* error,
                        size_t capacity) {
  return on_device(engine, error, capacity, [&] {
    baton::require(engine->engine.on_their_way() == 0, "a submitted step has not been waited for");
    std::size_t wanted = 0;
    for (size_t i = 0; slices != nullptr && i < count; ++i) wanted += slices[i].sample != 0;
    baton::require(wanted <= sample_capacity, "no room for " + std::to_string(wanted) + " samples");
    engine->engine.submit({slices, count});
    engine->engine.wait({samples, sample_capacity});
  });
}

baton_status baton_submit(baton_engine* engine, const baton_slice* slices, size_t count,
                          char* error, size_t capacity) {
  return on_device(engine, error, capacity, [&] { engine->engine.submit({slices, count}); });
}

baton_status baton_wait(baton_engine* engine, baton_sample* samples, size_t sample_capacity,
                        char* error, size_t capacity) {
  return on_device(engine, error, capacity,
                   [&] { engine->engine.wait({samples, sample_capacity}); });
}

baton_status baton_logits(const baton_engine* engine, size_t index, float* logits,
                          size_t logit_capacity, char* error, size_t capacity) {
  return on_device(engine, error, capacity, [&] {
    baton::require(logits != nullptr, "null argument");
    engine->engine.logits(index, {logits, logit_capacity});
  });
}

void baton_close(baton_engine* engine) { delete engine; }

baton_status baton_kv_export(baton_engine* engine, baton_kv_handle* handle, char* error,
                             size_t capacity) {
  return on_device(engine, error, capacity, [&] {
    baton::require(handle != nullptr, "null argument");
    *handle = engine->engine.kv().export_handle();
  });
}

baton_status baton_kv_digest(baton_engine* engine, const int32_t* blocks, size_t count,
                             uint32_t* digests, char* error, size_t capacity) {
  return on_device(engine, error, capacity, [&] {
    baton::require(count == 0 || (blocks != nullptr && digests != nullptr), "null argument");
    engine->engine.kv().digest({blocks, count}, digests);
  });
}

baton_status baton_kv_read(baton_engine* engine, const int32_t* blocks, size_t count, void* host,
                           char* error, size_t capacity) {
  return on_device(engine, error, capacity, [&] {
    baton::require(count == 0 || (blocks != nullptr && host != nullptr), "null argument");
    engine->engine.kv().read({blocks, count}, host);
  });
}

baton_status baton_kv_write(baton_engine* engine, const int32_t* blocks, size_t count,
                            const void* host, char* error, size_t capacity) {
  return on_device(engine, error, capacity, [&] {
    baton::require(count == 0 || (blocks != nullptr && host != nullptr), "null argument");
    engine->engine.kv().write({blocks, count}, host);
  });
}

baton_status baton_kv_attach(baton_engine* engine, const baton_kv_handle* handle,
                             baton_kv_peer** peer, char* error, size_t capacity) {
  return on_device(engine, error, capacity, [&] {
    baton::require(handle != nullptr && peer != nullptr, "null argument");
    *peer = new baton_kv_peer{engine->engine.kv().attach(*handle)};
  });
}

baton_status baton_kv_pull(baton_engine* engine, baton_kv_peer* peer, const int32_t* from,
                           const int32_t* to, size_t count, uint32_t* digests, char* error,
                           size_t capacity) {
  return on_device(engine, error, capacity, [&] {
    baton::require(peer != nullptr, "null peer");
    baton::require(count == 0 || (from != nullptr && to != nullptr && digests != nullptr),
                   "null argument");
    engine->engine.kv().pull(*peer->pool, {from, count}, {to, count}, digests);
  });
}

void baton_kv_detach(baton_kv_peer* peer) { delete peer; }

baton_status baton_host_allocate(uint64_t bytes, void** memory, char* error, size_t capacity) {
  return baton::guarded(error, capacity, [&] {
    baton::require(bytes > 0 && memory != nullptr, "null argument");
    BATON_CUDA(cudaHostAlloc(memory, bytes, cudaHostAllocPortable));
  });
}

void baton_host_free(void* memory) { cudaFreeHost(memory); }

}  // extern "C"
