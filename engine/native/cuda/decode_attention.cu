#include <algorithm>
#include <cmath>

#include "attention.hpp"
#include "hopper.cuh"

namespace baton::cuda {
namespace {

constexpr int kWarps = 4;
constexpr int kStages = 3;          // blocks in flight a warp
constexpr int kBlock = BATON_BLOCK_TOKENS;
constexpr int kQueries = 16;        // rows of a warp-wide product; the group is padded to it
constexpr int kMaxSplits = 64;
constexpr int kCtasPerMultiprocessor = 2;
constexpr float kLog2E = 1.44269504F;

struct Arguments {
  const bf16_t* q;
  SliceView view;
  AttentionShape shape;
  std::int64_t first_row;    // of the layer in block 0, head 0, in rows of head_dim
  std::int64_t block_rows;   // rows from block to block
  std::int64_t head_rows;    // rows from head to head
  float scale;               // of the scores, times log2 e
  float* parts;
  float2* statistics;
  std::int32_t* done;
  bf16_t* out;
};

template <int kDim>
struct Shared {
  static constexpr int kHalves = kDim / 64;
  static constexpr int kHalfBytes = 2 * kBlock * 128;  // K and V of a block, 64 of the dims
  static constexpr int kStageBytes = kHalves * kHalfBytes;
  static constexpr int kBytes = 1024 + kWarps * kStages * kStageBytes + 1024;
};

/// Running softmax of one warp: row r of the product is query lane / 4 + 8 r.
template <int kDim>
struct Accumulator {
  float out[kDim / 8][4];
  float maximum[2];
  float sum[2];
};

template <int kDim>
__device__ void attend_block(Accumulator<kDim>& acc, const std::uint32_t (&q)[kDim / 16][4],
                             std::uint32_t stage, int visible, float scale) {
  const int lane = threadIdx.x % 32;
  const int in_matrix = lane % 8;
  const int matrix = lane / 8;
  auto at = [&](int row, int chunk) {
    return stage + chunk / 8 * Shared<kDim>::kHalfBytes + row * 128 +
           ((chunk % 8) ^ (row % 8)) * 16;
  };
  float scores[2][4] = {};
#pragma unroll
  for (int k = 0; k < kDim / 16; ++k) {
    std::uint32_t keys[4];
    load_matrices(keys, at(matrix / 2 * 8 + in_matrix, 2 * k + matrix % 2));
    multiply_16x8x16(scores[0], q[k], keys[0], keys[1]);
    multiply_16x8x16(scores[1], q[k], keys[2], keys[3]);
  }
  const int first = lane % 4 * 2;  // this thread's tokens: first, +1, +8, +9
  float largest[2] = {acc.maximum[0], acc.maximum[1]};
#pragma unroll
  for (int tile = 0; tile < 2; ++tile) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      float& score = scores[tile][i];
      score = tile * 8 + first + i % 2 < visible ? score * scale : -INFINITY;
      largest[i / 2] = fmaxf(largest[i / 2], score);
    }
  }
  bool grown = false;
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    largest[r] = fmaxf(largest[r], __shfl_xor_sync(0xffffffff, largest[r], 1));
    largest[r] = fmaxf(largest[r], __shfl_xor_sync(0xffffffff, largest[r], 2));
    grown |= largest[r] > acc.maximum[r];
  }
  if (__any_sync(0xffffffff, grown)) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const float factor = exp2f(acc.maximum[r] - largest[r]);  // the first time exp2(-inf) = 0
      acc.maximum[r] = largest[r];
      acc.sum[r] *= factor;
#pragma unroll
      for (int n = 0; n < kDim / 8; ++n) {
        acc.out[n][2 * r] *= factor;
        acc.out[n][2 * r + 1] *= factor;
      }
    }
  }
  float weight[2][4];
#pragma unroll
  for (int tile = 0; tile < 2; ++tile) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      weight[tile][i] = exp2f(scores[tile][i] - acc.maximum[i / 2]);
      acc.sum[i / 2] += weight[tile][i];
    }
  }
  const std::uint32_t p[4] = {
      pack_bf16(weight[0][0], weight[0][1]), pack_bf16(weight[0][2], weight[0][3]),
      pack_bf16(weight[1][0], weight[1][1]), pack_bf16(weight[1][2], weight[1][3])};
  // What lies behind the end of the sequence may be anything, NaN too: it must not meet a weight.
  std::uint32_t mask[2] = {0xffffffff, 0xffffffff};
  if (visible < kBlock) {
#pragma unroll
    for (int tile = 0; tile < 2; ++tile) {
      const int left = visible - tile * 8 - first;
      mask[tile] = left >= 2 ? 0xffffffff : left == 1 ? 0xffff : 0;
    }
  }
#pragma unroll
  for (int n = 0; n < kDim / 16; ++n) {
    std::uint32_t values[4];
    load_matrices_transposed(values, at(kBlock + matrix % 2 * 8 + in_matrix, 2 * n + matrix / 2));
    multiply_16x8x16(acc.out[2 * n], p, values[0] & mask[0], values[1] & mask[1]);
    multiply_16x8x16(acc.out[2 * n + 1], p, values[2] & mask[0], values[3] & mask[1]);
  }
}

/// The queries of the group as left operands; rows behind the group are zero.
template <int kDim>
__device__ void load_queries(std::uint32_t (&q)[kDim / 16][4], const bf16_t* from, int group) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int k = 0; k < kDim / 16; ++k) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int row = lane / 4 + i % 2 * 8;
      const int column = k * 16 + lane % 4 * 2 + i / 2 * 8;
      q[k][i] = row < group
                    ? *reinterpret_cast<const std::uint32_t*>(from + row * kDim + column)
                    : 0;
    }
  }
}

/// Sums of `parts` softmaxes over disjoint keys: part i has (maximum, sum) at statistics[i * group]
/// and its unnormalised output at outputs[i * group * kDim]. One query row and dim a call.
template <int kDim>
__device__ float2 merged(const float2* statistics, const float* outputs, int parts, int group,
                         int row, int dim, float& value) {
  float largest = -INFINITY;
  for (int i = 0; i < parts; ++i) largest = fmaxf(largest, statistics[i * group + row].x);
  float sum = 0;
  value = 0;
  for (int i = 0; i < parts; ++i) {
    const float2 part = statistics[i * group + row];
    if (part.y == 0) continue;
    const float factor = exp2f(part.x - largest);
    sum += part.y * factor;
    value += outputs[(i * group + row) * kDim + dim] * factor;
  }
  return {largest, sum};
}

template <int kDim>
__global__ void __launch_bounds__(kWarps * 32, kCtasPerMultiprocessor)
    decode_kernel(const __grid_constant__ CUtensorMap map, const Arguments a) {
  const int slice = blockIdx.z;
  const int kv_head = blockIdx.y;
  const int split = blockIdx.x;
  if (a.view.count[slice] == 0) return;
  const int context = a.view.start[slice] + 1;
  const int blocks = (context + kBlock - 1) / kBlock;
  // whole rounds of the warps for each split, so that the number of splits follows the context
  const int rounds = (blocks + kWarps * static_cast<int>(gridDim.x) - 1) /
                     (kWarps * static_cast<int>(gridDim.x));
  const int per_split = max(rounds, 2) * kWarps;
  const int splits = (blocks + per_split - 1) / per_split;
  if (split >= splits) return;
  const int end = min(blocks, (split + 1) * per_split);

  extern __shared__ std::uint8_t raw[];
  const int warp = threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  const std::uint32_t misaligned = shared_address(raw) % 1024;
  std::uint8_t* shared = raw + (misaligned == 0 ? 0 : 1024 - misaligned);
  __shared__ std::uint64_t filled[kWarps][kStages];
  std::uint8_t* stages = shared + warp * kStages * Shared<kDim>::kStageBytes;
  if (lane == 0) {
    for (int s = 0; s < kStages; ++s) barrier_init(&filled[warp][s], 1);
    barrier_init_fence();
  }
  __syncwarp();

  const std::int32_t* table = a.view.blocks + std::int64_t{slice} * a.view.block_stride;
  const int first = split * per_split + warp;
  auto fetch = [&](int i) {  // the i-th block of this warp
    const int block = first + i * kWarps;
    if (lane != 0 || block >= end) return;
    std::uint64_t* barrier = &filled[warp][i % kStages];
    std::uint8_t* to = stages + i % kStages * Shared<kDim>::kStageBytes;
    const auto row = static_cast<int>(a.first_row + table[block] * a.block_rows +
                                      kv_head * a.head_rows);
    barrier_expect(barrier, Shared<kDim>::kStageBytes);
    for (int half = 0; half < Shared<kDim>::kHalves; ++half) {
      copy_box_3d(to + half * Shared<kDim>::kHalfBytes, &map, 0, half, row, barrier);
    }
  };
  for (int i = 0; i < kStages; ++i) fetch(i);

  const int group = a.shape.heads / a.shape.kv_heads;
  const std::int64_t head_row =
      std::int64_t{a.view.first[slice]} * a.shape.heads + kv_head * group;
  std::uint32_t q[kDim / 16][4];
  load_queries<kDim>(q, a.q + head_row * kDim, group);
  Accumulator<kDim> acc;
#pragma unroll
  for (int n = 0; n < kDim / 8; ++n) {
    for (int i = 0; i < 4; ++i) acc.out[n][i] = 0;
  }
  for (int r = 0; r < 2; ++r) {
    acc.maximum[r] = -INFINITY;
    acc.sum[r] = 0;
  }
  for (int i = 0; first + i * kWarps < end; ++i) {
    barrier_wait(&filled[warp][i % kStages], i / kStages % 2);
    const int block = first + i * kWarps;
    attend_block<kDim>(acc, q, shared_address(stages + i % kStages * Shared<kDim>::kStageBytes),
                       context - block * kBlock, a.scale);
    __syncwarp();
    fetch(i + kStages);
  }

  // the warps' parts meet in shared memory
  __syncthreads();
  auto* outputs = reinterpret_cast<float*>(shared);  // [warp][group][kDim]
  auto* statistics = reinterpret_cast<float2*>(outputs + kWarps * group * kDim);
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    const int row = lane / 4 + 8 * r;
    float sum = acc.sum[r];
    sum += __shfl_xor_sync(0xffffffff, sum, 1);
    sum += __shfl_xor_sync(0xffffffff, sum, 2);
    if (row >= group) continue;
    if (lane % 4 == 0) statistics[warp * group + row] = {acc.maximum[r], sum};
#pragma unroll
    for (int n = 0; n < kDim / 8; ++n) {
      float* to = outputs + (warp * group + row) * kDim + n * 8 + lane % 4 * 2;
      to[0] = acc.out[n][2 * r];
      to[1] = acc.out[n][2 * r + 1];
    }
  }
  __syncthreads();

  const std::int64_t pair = std::int64_t{slice} * a.shape.kv_heads + kv_head;
  float* parts = a.parts + pair * kMaxSplits * group * kDim;
  float2* part_statistics = a.statistics + pair * kMaxSplits * group;
  for (int i = threadIdx.x; i < group * kDim; i += kWarps * 32) {
    const int row = i / kDim;
    float value;
    const float2 total = merged<kDim>(statistics, outputs, kWarps, group, row, i % kDim, value);
    if (splits == 1) {
      a.out[(head_row + row) * kDim + i % kDim] = __float2bfloat16_rn(value / total.y);
    } else {
      parts[(split * group + row) * kDim + i % kDim] = value;
      if (i % kDim == 0) part_statistics[split * group + row] = total;
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
  for (int i = threadIdx.x; i < group * kDim; i += kWarps * 32) {
    const int row = i / kDim;
    float value;
    const float2 total = merged<kDim>(part_statistics, parts, splits, group, row, i % kDim, value);
    a.out[(head_row + row) * kDim + i % kDim] = __float2bfloat16_rn(value / total.y);
  }
}

template <int kDim>
void launch(const dim3& grid, const CUtensorMap& map, const Arguments& arguments,
            cudaStream_t stream) {
  constexpr int bytes = Shared<kDim>::kBytes;
  BATON_CUDA(cudaFuncSetAttribute(decode_kernel<kDim>,
                                  cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
  decode_kernel<kDim><<<grid, kWarps * 32, bytes, stream>>>(map, arguments);
  BATON_CUDA(cudaGetLastError());
}

}  // namespace

bool has_fast_attention(const AttentionShape& shape) {
  return (shape.head_dim == 64 || shape.head_dim == 128) &&
         shape.heads / shape.kv_heads <= kQueries;
}

DecodeAttention::DecodeAttention(const AttentionShape& shape, int max_sequences) : shape_(shape) {
  int device = 0;
  BATON_CUDA(cudaGetDevice(&device));
  BATON_CUDA(cudaDeviceGetAttribute(&multiprocessors_, cudaDevAttrMultiProcessorCount, device));
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
  const int places = multiprocessors_ * kCtasPerMultiprocessor;
  const int splits = std::clamp(places / pairs, 1, kMaxSplits);
  const int dim = shape_.head_dim;
  const Arguments arguments = {
      .q = q,
      .view = view,
      .shape = shape_,
      .first_row = std::int64_t{2} * layer * kBlock,
      .block_rows = pool.block_stride / dim,
      .head_rows = pool.head_stride / dim,
      .scale = kLog2E / std::sqrt(static_cast<float>(dim)),
      .parts = parts_.data(),
      .statistics = reinterpret_cast<float2*>(statistics_.data()),
      .done = done_.data(),
      .out = out};
  const dim3 grid(static_cast<unsigned>(splits), static_cast<unsigned>(shape_.kv_heads),
                  static_cast<unsigned>(slices));
  dim == 64 ? launch<64>(grid, map, arguments, stream) : launch<128>(grid, map, arguments, stream);
}

}  // namespace baton::cuda
