// The CPU operations that are not matrix products, in one table an instruction set.
//
// kernels.cpp is compiled once for each set; select_kernels() picks the best of this machine. The
// result of a row never depends on which rows are computed with it: every operation works row by
// row in an order fixed by the row alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bf16.hpp"

namespace baton::cpu {

/// An activation as the matrix products read it: bf16 or float, as the table says.
using Activation = void;

/// Strides of a KV pool of [block][kv head][layer][K,V][token][head dim], in elements.
struct KvPool {
  bf16* data;
  std::int64_t block_stride;
  std::int64_t head_stride;  // one kv head, all layers
  int layers;
  int head_dim;
  static constexpr int block_tokens = 16;

  /// K (which = 0) or V (which = 1) of one token: [head_dim].
  bf16* at(std::int32_t block, int head, int layer, int which, int token) const {
    return data + block * block_stride + head * head_stride +
           ((std::int64_t{layer} * 2 + which) * block_tokens + token) * head_dim;
  }
};

/// Work of one attention call: some consecutive queries of one sequence against one kv head.
struct AttentionTask {
  const KvPool* pool;
  const std::int32_t* blocks;  // of the sequence
  int kv_head;
  int layer;
  int group;         // query heads of this kv head
  int queries;       // tokens; the first is at position `position`
  int position;
  int head_dim;
  int heads;         // query heads of the model
  float scale;       // 1 / sqrt(head_dim)
  const Activation* q;  // [queries][heads][head_dim], from the first query's first head on
  Activation* out;      // [queries][heads][head_dim], likewise
};

/// Most query rows (tokens times group) of one attention task: enough that packing keys and values
/// costs little, few enough that the running output stays in a core's second-level cache.
constexpr int kMaxAttentionRows = 768;
/// Keys that are scored together: a fixed cut of the positions, whatever the batch.
constexpr int kKeyTile = 64;

struct Kernels {
  const char* name;
  bool bf16_activations;  // else float

  /// out[i] = x[i] / rms(x) * weight[i]; x, weight: [n].
  void (*rms_norm)(const float* x, const float* weight, int n, float epsilon, Activation* out);

  /// out[i] = silu(gate[i]) * up[i]; [n] each.
  void (*swiglu)(const float* gate, const float* up, int n, Activation* out);

  /// Rotates one head (halves convention); x, out: [head_dim], cosine, sine: [head_dim / 2].
  void (*rope)(const float* x, const float* cosine, const float* sine, int head_dim,
               Activation* out);
  /// The same, always to bf16, for keys.
  void (*rope_bf16)(const float* x, const float* cosine, const float* sine, int head_dim,
                    bf16* out);
  void (*store_bf16)(const float* x, int n, bf16* out);
  void (*load_bf16)(const bf16* x, int n, float* out);

  /// Causal attention in one pass over key tiles with a running maximum (Dao et al.,
  /// "FlashAttention", 2022). `scratch` has attention_scratch_bytes,
  /// aligned to 64.
  void (*attention)(const AttentionTask& task, void* scratch);
  std::size_t (*attention_scratch_bytes)(int head_dim);
};

/// `isa` names a table (scalar, avx2, avx512, avx512_bf16) or is empty for the best one. Throws
/// Failure(BATON_UNSUPPORTED) if this machine does not have it.
const Kernels& select_kernels(const char* isa);

}  // namespace baton::cpu
