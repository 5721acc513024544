#include <cuda_fp8.h>

#include <cmath>

#include "attention.hpp"
#include "launch.hpp"

namespace baton::cuda {
namespace {

constexpr int kWarps = 4;
constexpr int kMaxPerLane = 16;  // dims a lane holds: head_dim up to 512

__device__ float widen(bf16_t value) { return __bfloat162float(value); }
__device__ float widen(e4m3_t value) {
  return __half2float(__half(__nv_cvt_fp8_to_halfraw(value, __NV_E4M3)));
}

/// One warp a (token, head): walks the keys one by one with a running softmax.
template <class Element>
__global__ void __launch_bounds__(kWarps * 32)
    any_kernel(const bf16_t* q, SliceView view, const std::int32_t* slice_of, int tokens,
               AttentionShape shape, int layer, KvView pool, float scale, bf16_t* out) {
  dependents_launch();
  dependency_wait();
  const int lane = threadIdx.x % 32;
  const std::int64_t row = std::int64_t{blockIdx.x} * kWarps + threadIdx.x / 32;
  if (row >= std::int64_t{tokens} * shape.heads) return;
  const int token = static_cast<int>(row / shape.heads);
  const int head = static_cast<int>(row % shape.heads);
  const int kv_head = head / (shape.heads / shape.kv_heads);
  const int slice = slice_of[token];
  if (slice < 0) return;
  const int keys = view.start[slice] + token - view.first[slice] + 1;
  const std::int32_t* table = view.blocks + std::int64_t{slice} * view.block_stride;
  const int dim = shape.head_dim;
  float query[kMaxPerLane];
  float sums[kMaxPerLane] = {};
#pragma unroll
  for (int i = 0; i < kMaxPerLane; ++i) {
    const int d = lane + 32 * i;
    query[i] = d < dim ? __bfloat162float(q[row * dim + d]) : 0.0F;
  }
  float maximum = -INFINITY;
  float total = 0;
  for (int key = 0; key < keys; ++key) {
    const int place = key % BATON_BLOCK_TOKENS * dim;
    const int block = table[key / BATON_BLOCK_TOKENS];
    const Element* k = pool.at<Element>(block, kv_head, layer, 0) + place;
    const Element* v = pool.at<Element>(block, kv_head, layer, 1) + place;
    float score = 0;
#pragma unroll
    for (int i = 0; i < kMaxPerLane; ++i) {
      const int d = lane + 32 * i;
      if (d < dim) score = fmaf(query[i], widen(k[d]), score);
    }
#pragma unroll
    for (int offset = 16; offset > 0; offset /= 2) {
      score += __shfl_xor_sync(0xffffffff, score, offset);
    }
    score *= scale;
    const float largest = fmaxf(maximum, score);
    const float before = __expf(maximum - largest);
    const float weight = __expf(score - largest);
    maximum = largest;
    total = total * before + weight;
#pragma unroll
    for (int i = 0; i < kMaxPerLane; ++i) {
      const int d = lane + 32 * i;
      if (d < dim) sums[i] = sums[i] * before + weight * widen(v[d]);
    }
  }
#pragma unroll
  for (int i = 0; i < kMaxPerLane; ++i) {
    const int d = lane + 32 * i;
    if (d < dim) out[row * dim + d] = __float2bfloat16_rn(sums[i] / total);
  }
}

}  // namespace

void attend_any(const bf16_t* q, const SliceView& view, const std::int32_t* slice_of, int tokens,
                const AttentionShape& shape, int layer, const KvView& pool, bf16_t* out,
                cudaStream_t stream) {
  require(shape.head_dim <= 32 * kMaxPerLane, "head_dim must be at most 512");
  const std::int64_t rows = std::int64_t{tokens} * shape.heads;
  const float scale = 1.0F / std::sqrt(static_cast<float>(shape.head_dim));
  launch(pool.fp8 ? any_kernel<e4m3_t> : any_kernel<bf16_t>,
         static_cast<unsigned>((rows + kWarps - 1) / kWarps), kWarps * 32, 0, stream, q, view,
         slice_of, tokens, shape, layer, pool, scale, out);
}

}  // namespace baton::cuda
