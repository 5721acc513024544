// The paged KV pool as kernels see it.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp8.h>

#include <cstdint>

#include "baton_engine.h"

namespace baton::cuda {

using bf16_t = __nv_bfloat16;

using e4m3_t = __nv_fp8_storage_t;  // one byte

/// Blocks of [kv head][layer][K,V][token][head dim] (DESIGN: one block is one stretch), in bf16 or in
/// e4m3 without a scale.
struct KvView {
  void* data;
  std::int64_t block_stride;  // elements from block to block
  std::int64_t head_stride;   // elements from kv head to kv head
  int head_dim;
  bool fp8 = false;

  /// First element of K (`which` 0) or V (1) of one layer, head and block: [token][head dim].
  /// Element: bf16_t or e4m3_t, as `fp8` says.
  template <class Element = bf16_t>
  __host__ __device__ Element* at(int block, int head, int layer, int which) const {
    return static_cast<Element*>(data) + block * block_stride + head * head_stride +
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
