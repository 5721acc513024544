/*
 * The C ABI of a Baton backend: one shared library, loaded at run time, that runs one model.
 *
 * Every function that can fail returns a baton_status and writes a message of at most `capacity`
 * bytes (NUL included) to `error`. No C++ exception and no abort crosses this boundary. An engine
 * is owned by one thread at a time, but for the baton_kv_ functions: any thread may call those
 * while a step runs, on blocks that no running step writes.
 *
 * The structs below are read as they lie in memory by both sides of the boundary, so their layout
 * is part of the ABI: change one, raise BATON_ABI_VERSION.
 */
#ifndef BATON_ENGINE_H
#define BATON_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BATON_ABI_VERSION 3
#define BATON_BLOCK_TOKENS 16 /* tokens of a KV block */
#define BATON_MAX_TOP 20      /* most alternatives reported with a sampled token */
#define BATON_STEPS_AHEAD 2   /* steps that may be submitted and not yet waited for */
#define BATON_EXPORT __attribute__((visibility("default")))

typedef enum baton_status {
  BATON_OK = 0,
  BATON_INVALID_ARGUMENT = 1, /* nothing was run, nothing changed */
  BATON_MODEL_ERROR = 2,      /* a tensor is missing or has the wrong shape or type */
  BATON_UNSUPPORTED = 3,      /* this backend or this machine cannot do what was asked */
  BATON_OUT_OF_MEMORY = 4,
  BATON_NUMERIC = 5, /* logits are not numbers */
  BATON_INTERNAL = 6
} baton_status;

typedef enum baton_dtype {
  BATON_BF16 = 0,
  BATON_F16 = 1,
  BATON_F32 = 2,
  BATON_E4M3 = 3 /* 8 bits: FP8 of "FP8 Formats for Deep Learning", Micikevicius et al., 2022 */
} baton_dtype;

/* One weight, row-major. Read during baton_open only. A matrix NAME in BATON_E4M3 has a vector
 * NAME_scale beside it, of one scale for each row or a single one: it stands for scale * number. */
typedef struct baton_tensor {
  const char* name; /* as in the checkpoint, for example model.norm.weight */
  const void* data;
  uint64_t bytes;
  int64_t shape[2]; /* shape[1] is 1 for a vector */
  int32_t dtype;    /* baton_dtype */
  int32_t reserved;
} baton_tensor;

/* A Llama-architecture model. */
typedef struct baton_model {
  int32_t hidden;
  int32_t layers;
  int32_t heads;
  int32_t kv_heads;
  int32_t head_dim; /* even */
  int32_t intermediate;
  int32_t vocabulary;
  int32_t max_positions;
  float rms_epsilon;
  int32_t tied_embeddings;          /* 1: the embedding is the output matrix too */
  const float* inverse_frequencies; /* [head_dim / 2], rotary scaling already applied */
  const baton_tensor* tensors;
  uint64_t tensor_count;
} baton_model;

typedef struct baton_options {
  int32_t threads;
  int32_t max_tokens;    /* most tokens over all slices of a step */
  int32_t max_sequences; /* most slices of a step */
  int32_t kv_blocks;
  void* kv_pool; /* kv_blocks blocks of [kv head][layer][K,V][token][head dim]; the caller's for a
                    backend that computes in host memory, NULL for one that keeps its own */
  uint64_t kv_pool_bytes;
  const char* isa; /* instruction set to use, NULL or empty for the best one of this machine */
  int32_t device;  /* ordinal of the accelerator, 0 for a backend without one */
  int32_t weight_dtype; /* BATON_BF16, or BATON_E4M3: the layers' matrices are quantised when they
                           are loaded, one scale an output; those in e4m3 already are kept or
                           become bf16, as the backend can */
  int32_t kv_dtype;     /* BATON_BF16 or BATON_E4M3 (stored without a scale) */
  int32_t reserved;
} baton_options;

typedef struct baton_sampling {
  float temperature; /* 0: the most likely token */
  float top_p;
  float min_p;
  float repetition_penalty;
  float presence_penalty;
  float frequency_penalty;
  int32_t top_k;        /* 0: all */
  int32_t top_logprobs; /* at most BATON_MAX_TOP */
  uint64_t seed;
  int32_t prompt_length; /* presence and frequency penalties count from here */
  int32_t reserved;
} baton_sampling;

/* A stretch of one sequence: positions [start, start + count). */
typedef struct baton_slice {
  const int32_t* tokens;  /* [count], the stretch itself; the last may be -1 - i for the token that
                             sample i of the step submitted before this one will be */
  const int32_t* history; /* [start + count], NULL where no penalty needs it; the last likewise */
  const int32_t* blocks;  /* [block_count], covering positions [0, start + count) */
  const uint32_t* mask;   /* [ceil(vocabulary / 32)], a bit a token, lowest first: 1 where it may be
                             sampled; NULL: all may */
  int32_t start;
  int32_t count;
  int32_t block_count;
  int32_t sample; /* 1: sample the token at position start + count */
  baton_sampling sampling;
} baton_slice;

/* Log probabilities are of the raw logits: before penalties and temperature. */
typedef struct baton_sample {
  int32_t token;
  float logprob;
  int32_t top_count;
  int32_t top_tokens[BATON_MAX_TOP];
  float top_logprobs[BATON_MAX_TOP];
} baton_sample;

typedef struct baton_engine baton_engine;

BATON_EXPORT uint32_t baton_abi_version(void);

/* Loads the model; the weights may go away afterwards, a KV pool of the caller must outlive the
 * engine. BATON_OUT_OF_MEMORY says how much is needed and how much is there. */
BATON_EXPORT baton_status baton_open(const baton_model* model, const baton_options* options,
                                     baton_engine** engine, char* error, size_t capacity);

/* Name of the instruction set in use; lives as long as the engine. */
BATON_EXPORT const char* baton_isa(const baton_engine* engine);

/* Runs one mixed batch; writes one sample for each slice that asks, in order. */
BATON_EXPORT baton_status baton_step(baton_engine* engine, const baton_slice* slices, size_t count,
                                     baton_sample* samples, size_t sample_capacity, char* error,
                                     size_t capacity);

/* Enqueues a step and returns, with the slices read; baton_wait answers the oldest step not yet
 * answered. At most BATON_STEPS_AHEAD steps may be on their way. A step that may be waited for
 * behind others reads what they write, in order. After a failure other than BATON_INVALID_ARGUMENT
 * the engine can only be closed. */
BATON_EXPORT baton_status baton_submit(baton_engine* engine, const baton_slice* slices,
                                       size_t count, char* error, size_t capacity);
BATON_EXPORT baton_status baton_wait(baton_engine* engine, baton_sample* samples,
                                     size_t sample_capacity, char* error, size_t capacity);

/* Copies the raw logits [vocabulary] of the last step's sample `index`, for tests. */
BATON_EXPORT baton_status baton_logits(const baton_engine* engine, size_t index, float* logits,
                                       size_t logit_capacity, char* error, size_t capacity);

/* Samples from given logits [vocabulary]; needs no engine, for tests. `history` is [position]. */
BATON_EXPORT baton_status baton_sample_logits(const float* logits, int32_t vocabulary,
                                              const baton_sampling* sampling,
                                              const int32_t* history, int64_t position,
                                              baton_sample* sample, char* error, size_t capacity);

BATON_EXPORT void baton_close(baton_engine* engine);

/*
 * The KV pool of a backend that keeps its own; BATON_UNSUPPORTED from one that uses the caller's.
 * All of them return when the work is done.
 */

/* What another process of the host needs to map the pool. */
typedef struct baton_kv_handle {
  uint8_t device[16]; /* UUID of the accelerator */
  uint8_t memory[64]; /* cudaIpcMemHandle_t of the allocation */
  uint64_t bytes;     /* of the pool, which begins where the allocation does */
} baton_kv_handle;

typedef struct baton_kv_peer baton_kv_peer; /* another process's pool, mapped here */

BATON_EXPORT baton_status baton_kv_export(baton_engine* engine, baton_kv_handle* handle,
                                          char* error, size_t capacity);

/* CRC32C (RFC 3720) of each block, the digest of every other part of Baton. */
BATON_EXPORT baton_status baton_kv_digest(baton_engine* engine, const int32_t* blocks, size_t count,
                                          uint32_t* digests, char* error, size_t capacity);

/* Copies blocks to and from host memory [count][block bytes]; fastest where that is pinned. */
BATON_EXPORT baton_status baton_kv_read(baton_engine* engine, const int32_t* blocks, size_t count,
                                        void* host, char* error, size_t capacity);
BATON_EXPORT baton_status baton_kv_write(baton_engine* engine, const int32_t* blocks, size_t count,
                                         const void* host, char* error, size_t capacity);

/* Maps the pool of another process. Fails for a pool of this one: use a step or baton_kv_read. */
BATON_EXPORT baton_status baton_kv_attach(baton_engine* engine, const baton_kv_handle* handle,
                                          baton_kv_peer** peer, char* error, size_t capacity);

/* Copies blocks `from` of the peer to blocks `to` of the engine and digests what arrived. */
BATON_EXPORT baton_status baton_kv_pull(baton_engine* engine, baton_kv_peer* peer,
                                        const int32_t* from, const int32_t* to, size_t count,
                                        uint32_t* digests, char* error, size_t capacity);

/* Unmaps the pool; before its engine is closed. No pull of this peer may be running. */
BATON_EXPORT void baton_kv_detach(baton_kv_peer* peer);

/* Page-locked host memory for baton_kv_read and baton_kv_write; freed by the same backend. */
BATON_EXPORT baton_status baton_host_allocate(uint64_t bytes, void** memory, char* error,
                                              size_t capacity);
BATON_EXPORT void baton_host_free(void* memory);

#ifdef __cplusplus
}
#endif
#endif
