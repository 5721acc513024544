// Attention of one new token for each sequence: bound by reading K and V once.
//
// A CTA takes a stretch of the blocks of one (slice, kv head), its warps one block each in turn. The
// parts of the warps meet in shared memory; those of the CTAs in global memory, where the last CTA to
// finish adds them up. What the host wrote for the step (slices, block tables) is there before the
// step's first kernel, so it is read while the kernel before this one still runs. The kernel behind
// this one may not start early: its CTAs would take the places that this one's are to be spread over
// (measured: 0.172 ms a layer at batch 1 instead of 0.136).
#include <algorithm>
#include <cmath>

#include "attention.hpp"
#include "decode_block.cuh"
#include "device.hpp"
#include "launch.hpp"

namespace baton::cuda {
namespace {

using namespace decode;

constexpr int kWarps = 4;
constexpr int kThreads = kWarps * 32;
constexpr int kMaxSplits = 64;
constexpr int kCtasPerMultiprocessor = 2;
constexpr int kPartsAtOnce = 16;  // loads in flight a thread of the last CTA
constexpr float kLog2E = 1.44269504F;

struct Arguments {
  const bf16_t* q;
  SliceView view;
  AttentionShape shape;
  KvView pool;
  int layer;
  float scale;        // of the scores, times log2 e
  float* parts;       // [slice][kv head][split][group][head_dim]
  float2* statistics;  // the same without head_dim: (maximum, sum)
  std::int32_t* done;
  bf16_t* out;
};

/// The stages of all warps; once the blocks are done, parts of the softmax.
template <int kDim, bool kFp8>
constexpr int shared_bytes() {
  return kSwizzleAlignment + kWarps * Stage<kDim, kFp8>::kCount * Stage<kDim, kFp8>::kBytes;
}

/// Enqueues the copy of a block, K and V of one kv head, to `to`.
template <int kDim, bool kFp8>
__device__ void fetch_block(std::uint8_t* to, const CUtensorMap& map, const Arguments& a, int block,
                            int kv_head, std::uint64_t* barrier) {
  using Layout = Stage<kDim, kFp8>;
  barrier_expect(barrier, Layout::kBytes);
  if constexpr (kFp8) {
    copy_bytes(to, a.pool.at<e4m3_t>(block, kv_head, a.layer, 0), Layout::kBytes, barrier);
  } else {
    const auto row = static_cast<int>((block * a.pool.block_stride +
                                       kv_head * a.pool.head_stride) / kDim) +
                     2 * a.layer * kBlock;
    for (int half = 0; half < Layout::kHalves; ++half) {
      copy_box_3d(to + half * Layout::kHalfBytes, &map, 0, half, row, barrier);
    }
  }
}

__device__ inline void add_scaled(float4& sum, const float4& value, float factor) {
  sum.x += value.x * factor;
  sum.y += value.y * factor;
  sum.z += value.z * factor;
  sum.w += value.w * factor;
}

__device__ inline void store_four(bf16_t* to, const float4& value, float factor) {
  *reinterpret_cast<uint2*>(to) = {pack_bf16(value.x * factor, value.y * factor),
                                   pack_bf16(value.z * factor, value.w * factor)};
}

/// Adds up `splits` parts of the group in global memory and writes the outputs. `statistics` is room
/// for theirs in shared memory, [splits][group].
template <int kDim>
__device__ void merge_splits(const float* parts, const float2* part_statistics, int splits,
                             int group, float2* statistics, bf16_t* out) {
  for (int i = threadIdx.x; i < splits * group; i += kThreads) {
    statistics[i] = __ldcg(part_statistics + i);
  }
  __syncthreads();
  for (int i = threadIdx.x; i < group * (kDim / 4); i += kThreads) {
    const int row = i / (kDim / 4);
    float largest = -INFINITY;
    for (int s = 0; s < splits; ++s) largest = fmaxf(largest, statistics[s * group + row].x);
    float total = 0;
    float4 value{0, 0, 0, 0};
    for (int from = 0; from < splits; from += kPartsAtOnce) {
      float4 part[kPartsAtOnce];
#pragma unroll
      for (int s = 0; s < kPartsAtOnce; ++s) {
        part[s] = from + s < splits
                      ? __ldcg(reinterpret_cast<const float4*>(parts) +
                               (from + s) * group * (kDim / 4) + i)
                      : float4{0, 0, 0, 0};
      }
#pragma unroll
      for (int s = 0; s < kPartsAtOnce; ++s) {
        if (from + s >= splits) break;
        const float2 of = statistics[(from + s) * group + row];
        const float factor = exp2_fast(of.x - largest);
        total += of.y * factor;
        add_scaled(value, part[s], factor);
      }
    }
    store_four(out + 4 * i, value, 1.0F / total);
  }
}

template <int kDim, bool kFp8>
__global__ void __launch_bounds__(kThreads, kCtasPerMultiprocessor)
    decode_kernel(const __grid_constant__ CUtensorMap map, const Arguments a) {
  using Layout = Stage<kDim, kFp8>;
  extern __shared__ std::uint8_t raw[];
  __shared__ std::uint64_t filled[kWarps][Layout::kCount];
  const int warp = threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  std::uint8_t* shared = swizzle_aligned(raw);
  std::uint8_t* stages = shared + warp * Layout::kCount * Layout::kBytes;
  if (lane == 0) {
    if constexpr (!kFp8) prefetch_map(&map);
    for (int s = 0; s < Layout::kCount; ++s) barrier_init(&filled[warp][s], 1);
    barrier_init_fence();
  }
  __syncwarp();

  const int slice = blockIdx.z;
  const int kv_head = blockIdx.y;
  const int split = blockIdx.x;
  const int count = a.view.count[slice];
  const int context = a.view.start[slice] + 1;
  const int token = a.view.first[slice];
  if (count == 0) {
    dependency_wait();
    return;
  }
  const int blocks = (context + kBlock - 1) / kBlock;
  // whole rounds of the warps for each split, so that the number of splits follows the context
  const int rounds = (blocks + kWarps * static_cast<int>(gridDim.x) - 1) /
                     (kWarps * static_cast<int>(gridDim.x));
  const int per_split = max(rounds, 2) * kWarps;
  const int splits = (blocks + per_split - 1) / per_split;
  if (split >= splits) {
    dependency_wait();
    return;
  }
  const int end = min(blocks, (split + 1) * per_split);

  const std::int32_t* table = a.view.blocks + std::int64_t{slice} * a.view.block_stride;
  const int first = split * per_split + warp;
  // of the table: this lane's of the 32 next ones of the warp
  int entries = first + lane * kWarps < end ? table[first + lane * kWarps] : 0;
  dependency_wait();
  if (lane == 0) global_writes_fence();  // the keys and values of this step are to be copied
  auto fetch = [&](int i) {  // the i-th block of this warp; every i in turn, by all lanes
    if (i > 0 && i % 32 == 0) {
      const int mine = first + (i + lane) * kWarps;
      entries = mine < end ? table[mine] : 0;
    }
    const int block = __shfl_sync(0xffffffff, entries, i % 32);
    if (lane == 0 && first + i * kWarps < end) {
      fetch_block<kDim, kFp8>(stages + i % Layout::kCount * Layout::kBytes, map, a, block, kv_head,
                              &filled[warp][i % Layout::kCount]);
    }
  };
  for (int i = 0; i < Layout::kCount; ++i) fetch(i);

  const int group = a.shape.heads / a.shape.kv_heads;
  const std::int64_t head_row = std::int64_t{token} * a.shape.heads + kv_head * group;
  std::uint32_t q[kDim / 16][4];
  load_queries<kDim, kFp8>(q, a.q + head_row * kDim, group);
  Accumulator<kDim> acc;
  for (int i = 0; first + i * kWarps < end; ++i) {
    const int stage = i % Layout::kCount;
    barrier_wait(&filled[warp][stage], i / Layout::kCount % 2);
    const int visible = context - (first + i * kWarps) * kBlock;
    const std::uint8_t* block = stages + stage * Layout::kBytes;
    if constexpr (kFp8) {
      attend_e4m3<kDim>(acc, q, block, visible, a.scale);
    } else {
      attend_bf16<kDim>(acc, q, block, visible, a.scale);
    }
    __syncwarp();
    fetch(i + Layout::kCount);
  }

  // the warps' parts meet in shared memory
  __syncthreads();
  using Row = PartRow<kDim>;
  auto* outputs = reinterpret_cast<float*>(shared);  // [warp][group] of Row
  auto* statistics = reinterpret_cast<float2*>(outputs + kWarps * group * Row::kStride);
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    const int row = lane / 4 + 8 * r;
    float sum = acc.sum[r];
    sum += __shfl_xor_sync(0xffffffff, sum, 1);
    sum += __shfl_xor_sync(0xffffffff, sum, 2);
    if (row >= group) continue;
    if (lane % 4 == 0) statistics[warp * group + row] = {acc.maximum[r], sum};
    store_part<kDim, kFp8>(acc, r, outputs + (warp * group + row) * Row::kStride);
  }
  __syncthreads();

  const std::int64_t pair = std::int64_t{slice} * a.shape.kv_heads + kv_head;
  float* parts = a.parts + pair * kMaxSplits * group * kDim;
  float2* part_statistics = a.statistics + pair * kMaxSplits * group;
  bf16_t* out = a.out + head_row * kDim;
  for (int i = threadIdx.x; i < group * (kDim / 4); i += kThreads) {
    const int row = i / (kDim / 4);
    float largest = -INFINITY;
#pragma unroll
    for (int w = 0; w < kWarps; ++w) largest = fmaxf(largest, statistics[w * group + row].x);
    float total = 0;
    float4 value{0, 0, 0, 0};
#pragma unroll
    for (int w = 0; w < kWarps; ++w) {  // one without a block has the maximum -inf and counts 0
      const float2 of = statistics[w * group + row];
      const float factor = exp2_fast(of.x - largest);
      total += of.y * factor;
      const float* from = outputs + (w * group + row) * Row::kStride + Row::at(4 * i % kDim);
      add_scaled(value, *reinterpret_cast<const float4*>(from), factor);
    }
    if (splits == 1) {
      store_four(out + 4 * i, value, 1.0F / total);
    } else {
      reinterpret_cast<float4*>(parts)[split * group * (kDim / 4) + i] = value;
      if (i % (kDim / 4) == 0) part_statistics[split * group + row] = {largest, total};
    }
  }
  if (splits == 1) return;

  // the last split to finish adds up all of them
  __shared__ bool last;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    last = atomicAdd(&a.done[pair], 1) == splits - 1;
    if (last) a.done[pair] = 0;
  }
  __syncthreads();
  if (!last) return;
  __threadfence();
  merge_splits<kDim>(parts, part_statistics, splits, group, reinterpret_cast<float2*>(shared), out);
}

}  // namespace

bool has_fast_attention(const AttentionShape& shape) {
  return is_hopper() && (shape.head_dim == 64 || shape.head_dim == 128) &&
         shape.heads / shape.kv_heads <= kQueries;
}

DecodeAttention::DecodeAttention(const AttentionShape& shape, int max_sequences) : shape_(shape) {
  const std::size_t pairs = static_cast<std::size_t>(max_sequences) * shape.kv_heads;
  const std::size_t rows = pairs * kMaxSplits * (shape.heads / shape.kv_heads);
  parts_ = DeviceBuffer<float>(rows * shape.head_dim);
  statistics_ = DeviceBuffer<float>(rows * 2);
  done_ = DeviceBuffer<std::int32_t>(pairs);
  BATON_CUDA(cudaMemset(done_.data(), 0, done_.bytes()));
}

void DecodeAttention::run(const bf16_t* q, const SliceView& view, int slices, int layer,
                          const KvView& pool, const CUtensorMap& map, bf16_t* out,
                          cudaStream_t stream) {
  const int pairs = slices * shape_.kv_heads;
  const int places = multiprocessors() * kCtasPerMultiprocessor;
  const int splits = std::clamp(places / pairs, 1, kMaxSplits);
  const int dim = shape_.head_dim;
  const float scale = kLog2E / std::sqrt(static_cast<float>(dim));
  const Arguments arguments = {.q = q,
                               .view = view,
                               .shape = shape_,
                               .pool = pool,
                               .layer = layer,
                               .scale = pool.fp8 ? scale * kQueryScale : scale,
                               .parts = parts_.data(),
                               .statistics = reinterpret_cast<float2*>(statistics_.data()),
                               .done = done_.data(),
                               .out = out};
  const dim3 grid(static_cast<unsigned>(splits), static_cast<unsigned>(shape_.kv_heads),
                  static_cast<unsigned>(slices));
  auto run_as = [&](auto kernel, int shared) {
    launch(kernel, grid, kThreads, static_cast<std::size_t>(shared), stream, map, arguments);
  };
  if (dim == 64) {
    pool.fp8 ? run_as(decode_kernel<64, true>, shared_bytes<64, true>())
             : run_as(decode_kernel<64, false>, shared_bytes<64, false>());
  } else {
    pool.fp8 ? run_as(decode_kernel<128, true>, shared_bytes<128, true>())
             : run_as(decode_kernel<128, false>, shared_bytes<128, false>());
  }
}

}  // namespace baton::cuda
