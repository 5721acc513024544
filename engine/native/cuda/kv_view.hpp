// The paged KV pool as kernels see it.
#pragma once

#include <cuda_bf16.h>

#include <cstdint>

#include "baton_engine.h"

namespace baton::cuda {

using bf16_t = __nv_bfloat16;

/// Blocks of [kv head][layer][K,V][token][head dim] in bf16 (DESIGN: one block is one stretch).
struct KvView {
  __nv_bfloat16* data;
  std::int64_t block_stride;  // elements from block to block
  std::int64_t head_stride;   // elements from kv head to kv head
  int head_dim;

  /// First element of K (`which` 0) or V (1) of one layer, head and block: [token][head dim].
  __host__ __device__ __nv_bfloat16* at(int block, int head, int layer, int which) const {
    return data + block * block_stride + head * head_stride +
           static_cast<std::int64_t>(2 * layer + which) * BATON_BLOCK_TOKENS * head_dim;
  }
};

/// Where every token of a step belongs. All pointers are to device memory.
struct StepView {
  const std::int32_t* tokens;     // [tokens] ids
  const std::int32_t* positions;  // [tokens] in its sequence
  const std::int32_t* slots;      // [tokens] block * 16 + place in the block
};

}  // namespace baton::cuda
