#include "launch.hpp"
#include "rope.hpp"
#include "vectors.cuh"

namespace baton::cuda {
namespace {

/// a c - b s
__device__ float turn(float a, float c, float b, float s) { return a * c - b * s; }
__device__ float4 turn(float4 a, float4 c, float4 b, float4 s) {
  return {a.x * c.x - b.x * s.x, a.y * c.y - b.y * s.y, a.z * c.z - b.z * s.z,
          a.w * c.w - b.w * s.w};
}
__device__ float minus(float v) { return -v; }
__device__ float4 minus(float4 v) { return {-v.x, -v.y, -v.z, -v.w}; }

/// Row x of the grid is a token; its CTAs walk the pairs of all heads. Value: float, or float4 where
/// head_dim is a multiple of 8. Element: of the pool.
template <class Element, class Value>
__global__ void rope_store_kernel(const bf16_t* qkv, RopeStore to) {
  dependents_launch();
  dependency_wait();
  constexpr int kWidth = sizeof(Value) / sizeof(float);
  const AttentionShape& shape = to.shape;
  const std::int64_t token = blockIdx.x;
  const int half = shape.head_dim / 2;
  const int steps = half / kWidth;
  const int heads = shape.heads + 2 * shape.kv_heads;
  const std::int64_t angle = std::int64_t{to.step.positions[token]} * half;
  const int slot = to.step.slots[token];
  const int block = slot / BATON_BLOCK_TOKENS;
  const int place = slot % BATON_BLOCK_TOKENS * shape.head_dim;
  for (int i = blockIdx.y * blockDim.x + threadIdx.x; i < heads * steps;
       i += gridDim.y * blockDim.x) {
    const int head = i / steps;
    const int pair = i % steps * kWidth;
    const bf16_t* from = qkv + (token * heads + head) * shape.head_dim + pair;
    const Value a = load(from, Value{});
    const Value b = load(from + half, Value{});
    const int kv_head = head - shape.heads;
    if (kv_head >= 0 && slot < 0) continue;
    if (kv_head >= shape.kv_heads) {
      Element* v = to.pool.at<Element>(block, kv_head - shape.kv_heads, to.layer, 1) + place + pair;
      store(v, a);
      store(v + half, b);
      continue;
    }
    const Value c = *reinterpret_cast<const Value*>(to.cosine + angle + pair);
    const Value s = *reinterpret_cast<const Value*>(to.sine + angle + pair);
    const Value low = turn(a, c, b, s);
    const Value high = turn(b, c, a, minus(s));
    if (kv_head < 0) {
      bf16_t* q = to.q + (token * shape.heads + head) * shape.head_dim + pair;
      store(q, low);
      store(q + half, high);
    } else {
      Element* k = to.pool.at<Element>(block, kv_head, to.layer, 0) + place + pair;
      store(k, low);
      store(k + half, high);
    }
  }
}

}  // namespace

void rope_store(const bf16_t* qkv, const RopeStore& to, int count, cudaStream_t stream) {
  const AttentionShape& shape = to.shape;
  const bool vector = shape.head_dim % 8 == 0;
  const auto kernel = to.pool.fp8 ? vector ? rope_store_kernel<e4m3_t, float4>
                                           : rope_store_kernel<e4m3_t, float>
                      : vector ? rope_store_kernel<bf16_t, float4>
                               : rope_store_kernel<bf16_t, float>;
  constexpr int kThreads = 256;
  constexpr int kSmallStep = 64;  // tokens; a larger step fills the device with one CTA each
  const int items =
      (shape.heads + 2 * shape.kv_heads) * (shape.head_dim / (vector ? 8 : 2));
  const int ctas = count <= kSmallStep ? (items + kThreads - 1) / kThreads : 1;
  launch(kernel, dim3(count, ctas), kThreads, 0, stream, qkv, to);
}

}  // namespace baton::cuda
