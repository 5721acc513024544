// Attention over the paged pool: every query of a step sees positions [0, its own] of its sequence.
#pragma once

#include <cuda.h>
#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <cstdint>

#include "device_buffer.hpp"
#include "kv_view.hpp"

namespace baton::cuda {

struct AttentionShape {
  int heads;
  int kv_heads;
  int head_dim;
};

/// The slices of a step. Device memory.
struct SliceView {
  const std::int32_t* first;   // [slices] first token in the step's rows
  const std::int32_t* count;   // [slices] tokens of the slice; 0: an unused place
  const std::int32_t* start;   // [slices] position of the first token
  const std::int32_t* blocks;  // [slices][block_stride] block table
  int block_stride;
};

/// A tensor map over the pool as [row of head_dim][head_dim / 64][64], boxes of `rows` rows by 64,
/// 128-byte swizzle: what both fast kernels load. head_dim is 64 or 128.
CUtensorMap map_pool(const KvView& pool, int blocks, int rows);

/// Whether the fast kernels can run this shape; all others go to `attend_any`.
bool has_fast_attention(const AttentionShape& shape);

/// Attention of slices of one token each, split over the sequence (flash-decoding: Dao et al.,
/// "Flash-Decoding for long-context inference", 2023): all query heads of a group share one read
/// of K and V, the last CTA of a (slice, kv head) to finish adds up the parts. One launch.
class DecodeAttention {
 public:
  DecodeAttention() = default;
  DecodeAttention(const AttentionShape& shape, int max_sequences);

  /// q and out are [tokens][heads][head_dim]. `slices` sequences, none longer than what the block
  /// tables hold.
  void run(const bf16_t* q, const SliceView& view, int slices, int layer, const KvView& pool,
           const CUtensorMap& map, bf16_t* out, cudaStream_t stream);

 private:
  AttentionShape shape_{};
  int multiprocessors_ = 0;
  DeviceBuffer<float> parts_;        // [sequence][kv head][split][group][head_dim]
  DeviceBuffer<float> statistics_;   // the same without head_dim: (maximum, sum)
  DeviceBuffer<std::int32_t> done_;  // [sequence][kv head] splits finished, 0 between launches
};

/// Attention of slices of any length: Hopper kernel with warp-specialised loads (prefill_attention.cu).
/// `tiles` lists (slice, tile of 128 queries) pairs, heaviest first; device memory.
void attend_prefill(const bf16_t* q, const SliceView& view, const int2* tiles, int tile_count,
                    const AttentionShape& shape, int layer, const KvView& pool,
                    const CUtensorMap& map, const CUtensorMap& q_map, bf16_t* out,
                    cudaStream_t stream);

/// A tensor map over q[tokens][heads][head_dim] for attend_prefill.
CUtensorMap map_queries(const bf16_t* q, int tokens, const AttentionShape& shape);

/// Attention for any shape, one warp a (token, head); a token of slice -1 is left out. Slow; for
/// shapes and devices that the fast kernels do not know.
void attend_any(const bf16_t* q, const SliceView& view, const std::int32_t* slice_of, int tokens,
                const AttentionShape& shape, int layer, const KvView& pool, bf16_t* out,
                cudaStream_t stream);

}  // namespace baton::cuda
