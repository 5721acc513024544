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

/// Whether the fast kernels can run this shape on the current device; else `attend_any` does.
bool has_fast_attention(const AttentionShape& shape);

/// Attention of slices of one token each, split over the sequence (flash-decoding: Dao et al.,
/// "Flash-Decoding for long-context inference", 2023): all query heads of a group share one read
/// of K and V, the last CTA of a (slice, kv head) to finish adds up the parts. One launch.
class DecodeAttention {
 public:
  DecodeAttention() = default;
  DecodeAttention(const AttentionShape& shape, int max_sequences);

  /// q and out are [tokens][heads][head_dim]. `slices` sequences, none longer than what the block
  /// tables hold. `map` is of map_pool(pool, blocks, 32).
  void run(const bf16_t* q, const SliceView& view, int slices, int layer, const KvView& pool,
           const CUtensorMap& map, bf16_t* out, cudaStream_t stream);

 private:
  AttentionShape shape_{};
  DeviceBuffer<float> parts_;        // [sequence][kv head][split][group][head_dim]
  DeviceBuffer<float> statistics_;   // the same without head_dim: (maximum, sum)
  DeviceBuffer<std::int32_t> done_;  // [sequence][kv head] splits finished, 0 between launches
};

/// Attention of slices of any length: Hopper kernel with warp-specialised loads (prefill_attention.cu).
/// `tiles` lists (slice, tile of 128 queries) pairs, heaviest first; device memory. `pool` is in bf16:
/// over an e4m3 pool see ExpandedContext.
void attend_prefill(const bf16_t* q, const SliceView& view, const int2* tiles, int tile_count,
                    const AttentionShape& shape, int layer, const KvView& pool,
                    const CUtensorMap& map, const CUtensorMap& q_map, bf16_t* out,
                    cudaStream_t stream);

/// A layer's keys and values of a step's slices, widened from an e4m3 pool to a bf16 one of a single
/// layer, for attend_prefill (expanded_context.cu). A step calls `begin`, then for each layer
/// `expand`, and attends over `over(view)`, layer 0, `pool()` and `map()`.
class ExpandedContext {
 public:
  ExpandedContext() = default;
  /// `max_blocks` blocks over all slices of a step: kv_heads * head_dim * 64 bytes each. Block tables
  /// of up to `max_slices` slices, no longer than `block_stride`.
  ExpandedContext(const AttentionShape& shape, int max_blocks, int max_slices, int block_stride);

  /// Lays out the slices of `view` one behind the other. `blocks` is the sum over slices with a count
  /// of ceil((start + count) / 16). What there is no room for throws
  /// Failure(BATON_INVALID_ARGUMENT).
  void begin(const SliceView& view, int slices, int blocks, cudaStream_t stream);
  void expand(int layer, const KvView& pool, cudaStream_t stream);

  SliceView over(const SliceView& view) const;
  const KvView& pool() const { return pool_; }
  const CUtensorMap& map() const { return map_; }

 private:
  AttentionShape shape_{};
  int max_slices_ = 0;
  int block_stride_ = 0;
  int blocks_ = 0;  // of this step
  DeviceBuffer<bf16_t> memory_;
  DeviceBuffer<std::int32_t> table_;    // [slice][block_stride] blocks of `memory_`
  DeviceBuffer<std::int32_t> sources_;  // [block of `memory_`] block of the e4m3 pool
  KvView pool_{};
  CUtensorMap map_{};
};

/// Attention for any shape, one warp a (token, head); a token of slice -1 is left out. Slow; for
/// shapes and devices that the fast kernels do not know.
void attend_any(const bf16_t* q, const SliceView& view, const std::int32_t* slice_of, int tokens,
                const AttentionShape& shape, int layer, const KvView& pool, bf16_t* out,
                cudaStream_t stream);

}  // namespace baton::cuda
