// The JNI shim: loads a backend, converts arguments, calls the C ABI. It holds no logic.
//
// Structs of the ABI lie in direct buffers that Java filled; addresses in them are Java's too.
#include <dlfcn.h>
#include <jni.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "baton_engine.h"

namespace {

struct Backend {
  decltype(&baton_abi_version) abi_version;
  decltype(&baton_open) open;
  decltype(&baton_isa) isa;
  decltype(&baton_step) step;
  decltype(&baton_submit) submit;
  decltype(&baton_wait) wait;
  decltype(&baton_logits) logits;
  decltype(&baton_sample_logits) sample_logits;
  decltype(&baton_close) close;
  decltype(&baton_kv_export) kv_export;
  decltype(&baton_kv_digest) kv_digest;
  decltype(&baton_kv_read) kv_read;
  decltype(&baton_kv_write) kv_write;
  decltype(&baton_kv_attach) kv_attach;
  decltype(&baton_kv_pull) kv_pull;
  decltype(&baton_kv_detach) kv_detach;
  decltype(&baton_host_allocate) host_allocate;
  decltype(&baton_host_free) host_free;
};

struct Text {
  char* data;
  std::size_t capacity;
};

template <class T>
T* address(JNIEnv* env, jobject buffer) {
  return buffer == nullptr ? nullptr : static_cast<T*>(env->GetDirectBufferAddress(buffer));
}

Text text(JNIEnv* env, jobject buffer) {
  return {address<char>(env, buffer), static_cast<std::size_t>(env->GetDirectBufferCapacity(buffer))};
}

template <class Function>
bool resolve(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

Backend* backend_of(jlong handle) { return reinterpret_cast<Backend*>(handle); }
baton_engine* engine_of(jlong handle) { return reinterpret_cast<baton_engine*>(handle); }
baton_kv_peer* peer_of(jlong handle) { return reinterpret_cast<baton_kv_peer*>(handle); }

// Java writes these structs; a change here is a change of dev.baton.engine.NativeLayouts.
static_assert(sizeof(void*) == 8);
static_assert(sizeof(baton_tensor) == 48 && offsetof(baton_tensor, dtype) == 40);
static_assert(sizeof(baton_model) == 64 && offsetof(baton_model, inverse_frequencies) == 40);
static_assert(sizeof(baton_options) == 56 && offsetof(baton_options, kv_pool) == 16 &&
              offsetof(baton_options, device) == 40);
static_assert(sizeof(baton_sampling) == 48 && offsetof(baton_sampling, seed) == 32);
static_assert(sizeof(baton_slice) == 96 && offsetof(baton_slice, sampling) == 48);
static_assert(sizeof(baton_sample) == 172);
static_assert(sizeof(baton_kv_handle) == 88);

}  // namespace

extern "C" {

JNIEXPORT jint JNICALL Java_dev_baton_engine_NativeCalls_abiVersion(JNIEnv*, jclass) {
  return BATON_ABI_VERSION;
}

/* Returns a backend that lives as long as the process, or 0 with the reason in `error`. */
JNIEXPORT jlong JNICALL Java_dev_baton_engine_NativeCalls_loadBackend(JNIEnv* env, jclass,
                                                                      jstring path,
                                                                      jobject error) {
  const Text out = text(env, error);
  const char* file = env->GetStringUTFChars(path, nullptr);
  if (file == nullptr) return 0;
  jlong result = 0;
  // OpenMP reads this when it is loaded. Threads that spin while they wait for each other take the
  // core that the thread waited for needs: with one of two cores busy elsewhere, a prefill on two
  // threads ran at a ninth of its rate.
  setenv("OMP_WAIT_POLICY", "passive", /*overwrite=*/0);
  void* library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    std::snprintf(out.data, out.capacity, "%s", reason == nullptr ? "dlopen failed" : reason);
  } else if (std::unique_ptr<Backend> backend{new (std::nothrow) Backend{}}; backend != nullptr) {
    if (!resolve(library, "baton_abi_version", backend->abi_version)) {
      std::snprintf(out.data, out.capacity, "not a Baton backend: no baton_abi_version");
    } else if (backend->abi_version() != BATON_ABI_VERSION) {
      std::snprintf(out.data, out.capacity, "ABI version %u, expected %u", backend->abi_version(),
                    static_cast<unsigned>(BATON_ABI_VERSION));
    } else if (resolve(library, "baton_open", backend->open) &&
               resolve(library, "baton_isa", backend->isa) &&
               resolve(library, "baton_step", backend->step) &&
               resolve(library, "baton_submit", backend->submit) &&
               resolve(library, "baton_wait", backend->wait) &&
               resolve(library, "baton_logits", backend->logits) &&
               resolve(library, "baton_sample_logits", backend->sample_logits) &&
               resolve(library, "baton_close", backend->close) &&
               resolve(library, "baton_kv_export", backend->kv_export) &&
               resolve(library, "baton_kv_digest", backend->kv_digest) &&
               resolve(library, "baton_kv_read", backend->kv_read) &&
               resolve(library, "baton_kv_write", backend->kv_write) &&
               resolve(library, "baton_kv_attach", backend->kv_attach) &&
               resolve(library, "baton_kv_pull", backend->kv_pull) &&
               resolve(library, "baton_kv_detach", backend->kv_detach) &&
               resolve(library, "baton_host_allocate", backend->host_allocate) &&
               resolve(library, "baton_host_free", backend->host_free)) {
      result = reinterpret_cast<jlong>(backend.release());
    } else {
      std::snprintf(out.data, out.capacity, "a function of the ABI is missing");
    }
  } else {
    std::snprintf(out.data, out.capacity, "out of memory");
  }
  env->ReleaseStringUTFChars(path, file);
  return result;
}

/* Writes the engine's handle (8 bytes) to `handle`. */
JNIEXPORT jint JNICALL Java_dev_baton_engine_NativeCalls_open(JNIEnv* env, jclass, jlong backend,
                                                              jobject model, jobject options,
                                                              jobject handle, jobject error) {
  const Text out = text(env, error);
  baton_engine* engine = nullptr;
  const baton_status status =
      backend_of(backend)->open(address<baton_model>(env, model),
                                address<baton_options>(env, options), &engine, out.data,
                                out.capacity);
  *address<jlong>(env, handle) = reinterpret_cast<jlong>(engine);
  return status;
}

JNIEXPORT jstring JNICALL Java_dev_baton_engine_NativeCalls_isa(JNIEnv* env, jclass, jlong backend,
                                                                jlong engine) {
  return env->NewStringUTF(backend_of(backend)->isa(engine_of(engine)));
}

JNIEXPORT jint JNICALL Java_dev_baton_engine_NativeCalls_step(JNIEnv* env, jclass, jlong backend,
                                                              jlong engine, jobject slices,
                                                              jint count, jobject samples,
                                                              jint sample_capacity,
                                                              jobject error) {
  const Text out = text(env, error);
  return backend_of(backend)->step(engine_of(engine), address<baton_slice>(env, slices),
                                   static_cast<std::size_t>(count),
                                   address<baton_sample>(env, samples),
                                   static_cast<std::size_t>(sample_capacity), out.data,
                                   out.capacity);
}

JNIEXPORT jint JNICALL Java_dev_baton_engine_NativeCalls_submit(JNIEnv* env, jclass, jlong backend,
                                                                jlong engine, jobject slices,
                                                                jint count, jobject error) {
  const Text out = text(env, error);
  return backend_of(backend)->submit(engine_of(engine), address<baton_slice>(env, slices),
                                     static_cast<std::size_t>(count), out.data, out.capacity);
}

JNIEXPORT jint JNICALL Java_dev_baton_engine_NativeCalls_await(JNIEnv* env, jclass, jlong backend,
                                                               jlong engine, jobject samples,
                                                               jint sample_capacity,
                                                               jobject error) {
  const Text out = text(env, error);
  return backend_of(backend)->wait(engine_of(engine), address<baton_sample>(env, samples),
                                   static_cast<std::size_t>(sample_capacity), out.data,
                                   out.capacity);
}

JNIEXPORT jint JNICALL Java_dev_baton_engine_NativeCalls_logits(JNIEnv* env, jclass, jlong backend,
                                                                jlong engine, jint index,
                                                                jobject logits, jint capacity,
                                                                jobject error) {
  const Text out = text(env, error);
  return backend_of(backend)->logits(engine_of(engine), static_cast<std::size_t>(index),
                                     address<float>(env, logits),
                                     static_cast<std::size_t>(capacity), out.data, out.capacity);
}

JNIEXPORT jint JNICALL Java_dev_baton_engine_NativeCalls_sampleLogits(
    JNIEnv* env, jclass, jlong backend, jobject logits, jint vocabulary, jobject sampling,
    jobject history, jlong position, jobject sample, jobject error) {
  const Text out = text(env, error);
  return backend_of(backend)->sample_logits(
      address<float>(env, logits), vocabulary, address<baton_sampling>(env, sampling),
      address<int32_t>(env, history), position, address<baton_sample>(env, sample), out.data,
      out.capacity);
}

JNIEXPORT void JNICALL Java_dev_baton_engine_NativeCalls_close(JNIEnv*, jclass, jlong backend,
                                                               jlong engine) {
  backend_of(backend)->close(engine_of(engine));
}

JNIEXPORT jint JNICALL Java_dev_baton_engine_NativeCalls_kvExport(JNIEnv* env, jclass,
                                                                  jlong backend, jlong engine,
                                                                  jobject handle, jobject error) {
  const Text out = text(env, error);
  return backend_of(backend)->kv_export(engine_of(engine), address<baton_kv_handle>(env, handle),
                                        out.data, out.capacity);
}

JNIEXPORT jint JNICALL Java_dev_baton_engine_NativeCalls_kvDigest(JNIEnv* env, jclass,
                                                                  jlong backend, jlong engine,
                                                                  jobject blocks, jint count,
                                                                  jobject digests, jobject error) {
  const Text out = text(env, error);
  return backend_of(backend)->kv_digest(engine_of(engine), address<int32_t>(env, blocks),
                                        static_cast<std::size_t>(count),
                                        address<uint32_t>(env, digests), out.data, out.capacity);
}

JNIEXPORT jint JNICALL Java_dev_baton_engine_NativeCalls_kvRead(JNIEnv* env, jclass, jlong backend,
                                                                jlong engine, jobject blocks,
                                                                jint count, jlong host,
                                                                jobject error) {
  const Text out = text(env, error);
  return backend_of(backend)->kv_read(engine_of(engine), address<int32_t>(env, blocks),
                                      static_cast<std::size_t>(count),
                                      reinterpret_cast<void*>(host), out.data, out.capacity);
}

JNIEXPORT jint JNICALL Java_dev_baton_engine_NativeCalls_kvWrite(JNIEnv* env, jclass, jlong backend,
                                                                 jlong engine, jobject blocks,
                                                                 jint count, jlong host,
                                                                 jobject error) {
  const Text out = text(env, error);
  return backend_of(backend)->kv_write(engine_of(engine), address<int32_t>(env, blocks),
                                       static_cast<std::size_t>(count),
                                       reinterpret_cast<const void*>(host), out.data, out.capacity);
}

/* Writes the peer's handle (8 bytes) to `peer`. */
JNIEXPORT jint JNICALL Java_dev_baton_engine_NativeCalls_kvAttach(JNIEnv* env, jclass,
                                                                  jlong backend, jlong engine,
                                                                  jobject handle, jobject peer,
                                                                  jobject error) {
  const Text out = text(env, error);
  baton_kv_peer* attached = nullptr;
  const baton_status status = backend_of(backend)->kv_attach(
      engine_of(engine), address<baton_kv_handle>(env, handle), &attached, out.data, out.capacity);
  *address<jlong>(env, peer) = reinterpret_cast<jlong>(attached);
  return status;
}

JNIEXPORT jint JNICALL Java_dev_baton_engine_NativeCalls_kvPull(JNIEnv* env, jclass, jlong backend,
                                                                jlong engine, jlong peer,
                                                                jobject from, jobject to,
                                                                jint count, jobject digests,
                                                                jobject error) {
  const Text out = text(env, error);
  return backend_of(backend)->kv_pull(engine_of(engine), peer_of(peer), address<int32_t>(env, from),
                                      address<int32_t>(env, to), static_cast<std::size_t>(count),
                                      address<uint32_t>(env, digests), out.data, out.capacity);
}

JNIEXPORT void JNICALL Java_dev_baton_engine_NativeCalls_kvDetach(JNIEnv*, jclass, jlong backend,
                                                                  jlong peer) {
  backend_of(backend)->kv_detach(peer_of(peer));
}

/* Writes the memory's address (8 bytes) to `memory`. */
JNIEXPORT jint JNICALL Java_dev_baton_engine_NativeCalls_hostAllocate(JNIEnv* env, jclass,
                                                                      jlong backend, jlong bytes,
                                                                      jobject memory,
                                                                      jobject error) {
  const Text out = text(env, error);
  void* allocated = nullptr;
  const baton_status status = backend_of(backend)->host_allocate(
      static_cast<std::uint64_t>(bytes), &allocated, out.data, out.capacity);
  *address<jlong>(env, memory) = reinterpret_cast<jlong>(allocated);
  return status;
}

JNIEXPORT void JNICALL Java_dev_baton_engine_NativeCalls_hostFree(JNIEnv*, jclass, jlong backend,
                                                                  jlong memory) {
  backend_of(backend)->host_free(reinterpret_cast<void*>(memory));
}

}  // extern "C"
