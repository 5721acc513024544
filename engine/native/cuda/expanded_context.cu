// Widens the e4m3 keys and values of a layer to bf16 for the prefill kernel. That kernel is bound by
// its products and reads every key many times; this reads and writes each once.
#include <string>

#include "attention.hpp"
#include "hopper.cuh"
#include "launch.hpp"
#include "tensor_maps.hpp"

namespace baton::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kAtOnce = 4;  // loads of 16 bytes in flight a thread

__device__ inline int blocks_of(const SliceView& view, int slice) {
  if (view.count[slice] == 0) return 0;
  return (view.start[slice] + view.count[slice] + BATON_BLOCK_TOKENS - 1) / BATON_BLOCK_TOKENS;
}

/// One CTA a slice: its blocks lie behind those of the slices before it.
__global__ void __launch_bounds__(kThreads)
    layout_kernel(SliceView view, int max_blocks, int block_stride, std::int32_t* table,
                  std::int32_t* sources) {
  dependents_launch();
  dependency_wait();
  const int slice = blockIdx.x;
  __shared__ int before;
  if (threadIdx.x == 0) before = 0;
  __syncthreads();
  int mine = 0;
  for (int i = threadIdx.x; i < slice; i += kThreads) mine += blocks_of(view, i);
  if (mine > 0) atomicAdd(&before, mine);
  __syncthreads();
  const int blocks = blocks_of(view, slice);
  for (int i = threadIdx.x; i < blocks; i += kThreads) {
    if (before + i >= max_blocks) break;
    table[std::int64_t{slice} * block_stride + i] = before + i;
    sources[before + i] = view.blocks[std::int64_t{slice} * view.block_stride + i];
  }
}

/// One CTA a block: all its kv heads, 16 numbers a thread and turn.
__global__ void __launch_bounds__(kThreads)
    expand_kernel(const std::int32_t* sources, KvView from, int layer, KvView to, int kv_heads) {
  dependents_launch();
  dependency_wait();
  const int block = blockIdx.x;
  const int source = sources[block];
  const int in_head = 2 * BATON_BLOCK_TOKENS * from.head_dim / 16;
  const int chunks = kv_heads * in_head;
  for (int first = threadIdx.x; first < chunks; first += kAtOnce * kThreads) {
    uint4 raw[kAtOnce];
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      const int chunk = first + i * kThreads;
      if (chunk >= chunks) break;
      raw[i] = reinterpret_cast<const uint4*>(
          from.at<e4m3_t>(source, chunk / in_head, layer, 0))[chunk % in_head];
    }
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      const int chunk = first + i * kThreads;
      if (chunk >= chunks) break;
      const std::uint32_t words[4] = {raw[i].x, raw[i].y, raw[i].z, raw[i].w};
      std::uint32_t out[8];
#pragma unroll
      for (int pair = 0; pair < 8; ++pair) {
        const std::uint32_t half = widen_e4m3(words[pair / 2] >> pair % 2 * 16);
        const float2 both = __half22float2(*reinterpret_cast<const __half2*>(&half));
        out[pair] = pack_bf16(both.x, both.y);
      }
      auto* at = reinterpret_cast<uint4*>(to.at(block, chunk / in_head, 0, 0)) +
                 chunk % in_head * 2;
      at[0] = uint4{out[0], out[1], out[2], out[3]};
      at[1] = uint4{out[4], out[5], out[6], out[7]};
    }
  }
}

}  // namespace

ExpandedContext::ExpandedContext(const AttentionShape& shape, int max_blocks, int max_slices,
                                 int block_stride)
    : shape_(shape),
      max_slices_(max_slices),
      block_stride_(block_stride),
      memory_(std::size_t{2} * BATON_BLOCK_TOKENS * shape.kv_heads * shape.head_dim * max_blocks),
      table_(static_cast<std::size_t>(max_slices) * block_stride),
      sources_(static_cast<std::size_t>(max_blocks)) {
  require(has_fast_attention(shape), "only the fast kernels need an expanded context");
  const std::int64_t head = std::int64_t{2} * BATON_BLOCK_TOKENS * shape.head_dim;
  pool_ = {memory_.data(), head * shape.kv_heads, head, shape.head_dim};
  map_ = map_pool(pool_, max_blocks, BATON_BLOCK_TOKENS);
  BATON_CUDA(cudaMemset(sources_.data(), 0, sources_.bytes()));
}

void ExpandedContext::begin(const SliceView& view, int slices, int blocks, cudaStream_t stream) {
  const auto max_blocks = static_cast<int>(sources_.size());
  require(slices <= max_slices_ && blocks <= max_blocks && view.block_stride <= block_stride_,
          std::to_string(slices) + " slices of " + std::to_string(blocks) +
              " blocks do not fit into an expanded context of " + std::to_string(max_slices_) +
              " and " + std::to_string(max_blocks));
  blocks_ = blocks;
  if (slices == 0) return;
  launch(layout_kernel, slices, kThreads, 0, stream, view, max_blocks, block_stride_,
         table_.data(), sources_.data());
}

void ExpandedContext::expand(int layer, const KvView& pool, cudaStream_t stream) {
  require(pool.fp8, "a bf16 pool needs no expanded context");
  if (blocks_ == 0) return;
  launch(expand_kernel, blocks_, kThreads, 0, stream, sources_.data(), pool, layer, pool_,
         shape_.kv_heads);
}

SliceView ExpandedContext::over(const SliceView& view) const {
  SliceView out = view;
  out.blocks = table_.data();
  out.block_stride = block_stride_;
  return out;
}

}  // namespace baton::cuda
