#include "elementwise.hpp"

#include <cuda_fp8.h>

#include "launch.hpp"
#include "silu.cuh"

namespace baton::cuda {
namespace {

constexpr int kNormThreads = 256;
constexpr int kSwigluThreads = 256;

__device__ uint2 pack(float a, float b, float c, float d) {
  const __nv_bfloat162 low = __floats2bfloat162_rn(a, b);
  const __nv_bfloat162 high = __floats2bfloat162_rn(c, d);
  return {*reinterpret_cast<const std::uint32_t*>(&low),
          *reinterpret_cast<const std::uint32_t*>(&high)};
}

/// Four bf16 numbers.
__device__ float4 widen(const uint2& raw) {
  return {__uint_as_float(raw.x << 16), __uint_as_float(raw.x & 0xffff0000),
          __uint_as_float(raw.y << 16), __uint_as_float(raw.y & 0xffff0000)};
}

/// Sum over the CTA; one call a kernel.
__device__ float block_sum(float value) {
  __shared__ float partial[kNormThreads / 32];
  for (int offset = 16; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(0xffffffff, value, offset);
  }
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = value;
  __syncthreads();
  float sum = 0;
  for (int i = 0; i < kNormThreads / 32; ++i) sum += partial[i];
  return sum;
}

/// kVector: hidden is a multiple of 4.
template <bool kVector>
__global__ void embed_kernel(const std::int32_t* tokens, const baton_sample* samples,
                             const bf16_t* embedding, int hidden, float* residual) {
  dependents_launch();
  dependency_wait();
  const std::int64_t row = blockIdx.x;
  const std::int32_t id = tokens[row];
  const bf16_t* from = embedding + std::int64_t{id < 0 ? samples[-1 - id].token : id} * hidden;
  float* to = residual + row * hidden;
  if constexpr (kVector) {
    for (int i = threadIdx.x; i < hidden / 4; i += blockDim.x) {
      reinterpret_cast<float4*>(to)[i] = widen(reinterpret_cast<const uint2*>(from)[i]);
    }
  } else {
    for (int i = threadIdx.x; i < hidden; i += blockDim.x) to[i] = __bfloat162float(from[i]);
  }
}

/// One CTA a row, which stays in registers: kQuads times four numbers a thread. kGather: the row is
/// rows[CTA], and the sum is not stored.
template <int kQuads, bool kGather>
__global__ void __launch_bounds__(kNormThreads)
    norm_vector_kernel(float* residual, const bf16_t* delta, const std::int32_t* rows,
                       const float* weight, float epsilon, int hidden, bf16_t* out) {
  constexpr bool kWeightFirst = kQuads <= 4;  // as far as the registers go
  const int quads = hidden / 4;
  auto mine = [&](int i) { return static_cast<int>(threadIdx.x) + i * kNormThreads; };
  float4 w[kWeightFirst ? kQuads : 1];
  if constexpr (kWeightFirst) {
#pragma unroll
    for (int i = 0; i < kQuads; ++i) {
      if (mine(i) < quads) w[i] = reinterpret_cast<const float4*>(weight)[mine(i)];
    }
  }
  dependents_launch();
  dependency_wait();
  const std::int64_t from = kGather ? rows[blockIdx.x] : static_cast<int>(blockIdx.x);
  auto* x = reinterpret_cast<float4*>(residual + from * hidden);
  const auto* add = reinterpret_cast<const uint2*>(delta + from * hidden);
  float4 kept[kQuads];
  uint2 more[kQuads];
#pragma unroll
  for (int i = 0; i < kQuads; ++i) {
    kept[i] = mine(i) < quads ? x[mine(i)] : float4{0, 0, 0, 0};
    more[i] = delta != nullptr && mine(i) < quads ? add[mine(i)] : uint2{0, 0};
  }
  float squares = 0;
#pragma unroll
  for (int i = 0; i < kQuads; ++i) {
    const float4 added = widen(more[i]);
    kept[i].x += added.x;
    kept[i].y += added.y;
    kept[i].z += added.z;
    kept[i].w += added.w;
    if (!kGather && delta != nullptr && mine(i) < quads) x[mine(i)] = kept[i];
    squares += kept[i].x * kept[i].x + kept[i].y * kept[i].y + kept[i].z * kept[i].z +
               kept[i].w * kept[i].w;
  }
  const float scale = rsqrtf(block_sum(squares) / static_cast<float>(hidden) + epsilon);
  auto* to = reinterpret_cast<uint2*>(out + std::int64_t{blockIdx.x} * hidden);
#pragma unroll
  for (int i = 0; i < kQuads; ++i) {
    if (mine(i) >= quads) continue;
    const float4 by =
        kWeightFirst ? w[kWeightFirst ? i : 0] : reinterpret_cast<const float4*>(weight)[mine(i)];
    to[mine(i)] = pack(kept[i].x * scale * by.x, kept[i].y * scale * by.y,
                       kept[i].z * scale * by.z, kept[i].w * scale * by.w);
  }
}

/// The same for any even width, the row in shared memory.
template <bool kGather>
__global__ void __launch_bounds__(kNormThreads)
    norm_kernel(float* residual, const bf16_t* delta, const std::int32_t* rows,
                const float* weight, float epsilon, int hidden, bf16_t* out) {
  extern __shared__ float row_values[];
  dependents_launch();
  dependency_wait();
  const std::int64_t from = kGather ? rows[blockIdx.x] : static_cast<int>(blockIdx.x);
  float2* x = reinterpret_cast<float2*>(residual + from * hidden);
  const auto* add = reinterpret_cast<const __nv_bfloat162*>(delta + from * hidden);
  auto* kept = reinterpret_cast<float2*>(row_values);
  float squares = 0;
  for (int i = threadIdx.x; i < hidden / 2; i += kNormThreads) {
    float2 value = x[i];
    if (delta != nullptr) {
      const float2 more = __bfloat1622float2(add[i]);
      value.x += more.x;
      value.y += more.y;
      if (!kGather) x[i] = value;
    }
    kept[i] = value;
    squares += value.x * value.x + value.y * value.y;
  }
  const float scale = rsqrtf(block_sum(squares) / static_cast<float>(hidden) + epsilon);
  auto* to = reinterpret_cast<__nv_bfloat162*>(out + std::int64_t{blockIdx.x} * hidden);
  const auto* w = reinterpret_cast<const float2*>(weight);
  for (int i = threadIdx.x; i < hidden / 2; i += kNormThreads) {
    to[i] = __floats2bfloat162_rn(kept[i].x * scale * w[i].x, kept[i].y * scale * w[i].y);
  }
}

template <bool kGather>
void norm(float* residual, const bf16_t* delta, const std::int32_t* rows, const float* weight,
          float epsilon, int count, int hidden, bf16_t* out, cudaStream_t stream) {
  if (hidden % 4 != 0) {
    launch(norm_kernel<kGather>, count, kNormThreads, sizeof(float) * hidden, stream, residual,
           delta, rows, weight, epsilon, hidden, out);
    return;
  }
  const int quads = (hidden / 4 + kNormThreads - 1) / kNormThreads;
  require(quads <= 16, "hidden must be at most 16384");
  const auto kernel = quads <= 1   ? norm_vector_kernel<1, kGather>
                      : quads <= 2 ? norm_vector_kernel<2, kGather>
                      : quads <= 4 ? norm_vector_kernel<4, kGather>
                      : quads <= 8 ? norm_vector_kernel<8, kGather>
                                   : norm_vector_kernel<16, kGather>;
  launch(kernel, count, kNormThreads, 0, stream, residual, delta, rows, weight, epsilon, hidden,
         out);
}

// One number or four at a time, for the kernels below.
__device__ float load(const bf16_t* from, float) { return __bfloat162float(*from); }
__device__ float4 load(const bf16_t* from, float4) {
  return widen(*reinterpret_cast<const uint2*>(from));
}
__device__ void store(bf16_t* to, float v) { *to = __float2bfloat16_rn(v); }
__device__ void store(bf16_t* to, float4 v) {
  *reinterpret_cast<uint2*>(to) = pack(v.x, v.y, v.z, v.w);
}
__device__ void store(e4m3_t* to, float v) {
  *to = __nv_cvt_float_to_fp8(v, __NV_SATFINITE, __NV_E4M3);
}
__device__ void store(e4m3_t* to, float4 v) {
  const std::uint32_t low = __nv_cvt_float2_to_fp8x2({v.x, v.y}, __NV_SATFINITE, __NV_E4M3);
  const std::uint32_t high = __nv_cvt_float2_to_fp8x2({v.z, v.w}, __NV_SATFINITE, __NV_E4M3);
  *reinterpret_cast<std::uint32_t*>(to) = low | high << 16;
}
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
__global__ void rope_store_kernel(const bf16_t* qkv, StepView step, const float* cosine,
                                  const float* sine, RopeShape shape, int layer, bf16_t* q,
                                  KvView pool) {
  dependents_launch();
  dependency_wait();
  constexpr int kWidth = sizeof(Value) / sizeof(float);
  const std::int64_t token = blockIdx.x;
  const int half = shape.head_dim / 2;
  const int steps = half / kWidth;
  const int heads = shape.heads + 2 * shape.kv_heads;
  const std::int64_t angle = std::int64_t{step.positions[token]} * half;
  const int slot = step.slots[token];
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
      Element* v = pool.at<Element>(block, kv_head - shape.kv_heads, layer, 1) + place + pair;
      store(v, a);
      store(v + half, b);
      continue;
    }
    const Value c = *reinterpret_cast<const Value*>(cosine + angle + pair);
    const Value s = *reinterpret_cast<const Value*>(sine + angle + pair);
    const Value low = turn(a, c, b, s);
    const Value high = turn(b, c, a, minus(s));
    if (kv_head < 0) {
      bf16_t* to = q + (token * shape.heads + head) * shape.head_dim + pair;
      store(to, low);
      store(to + half, high);
    } else {
      Element* k = pool.at<Element>(block, kv_head, layer, 0) + place + pair;
      store(k, low);
      store(k + half, high);
    }
  }
}

__global__ void swiglu_kernel(const bf16_t* gate_up, int inner, bf16_t* out) {
  dependents_launch();
  dependency_wait();
  const std::int64_t row = blockIdx.y;
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= inner) return;
  const float gate = __bfloat162float(gate_up[row * 2 * inner + i]);
  const float up = __bfloat162float(gate_up[row * 2 * inner + inner + i]);
  out[row * inner + i] = __float2bfloat16_rn(silu(gate) * up);
}

/// kSteps times eight numbers a thread, all loads first. Rows lie one behind the other in the grid,
/// so that only its last CTA can be partly empty. `inner8` = inner / 8, `chunks` = rows * inner8.
template <int kSteps>
__global__ void __launch_bounds__(kSwigluThreads)
    swiglu_vector_kernel(const bf16_t* gate_up, unsigned chunks, unsigned inner8, bf16_t* out) {
  dependents_launch();
  dependency_wait();
  const unsigned first = blockIdx.x * kSteps * kSwigluThreads + threadIdx.x;
  const auto* from = reinterpret_cast<const uint4*>(gate_up);
  uint4 gates[kSteps];
  uint4 ups[kSteps];
#pragma unroll
  for (int i = 0; i < kSteps; ++i) {
    const unsigned chunk = first + i * kSwigluThreads;
    if (chunk >= chunks) break;
    const std::size_t at = std::size_t{chunk} + std::size_t{chunk / inner8} * inner8;
    gates[i] = __ldcs(from + at);
    ups[i] = __ldcs(from + at + inner8);
  }
#pragma unroll
  for (int i = 0; i < kSteps; ++i) {
    const unsigned chunk = first + i * kSwigluThreads;
    if (chunk >= chunks) break;
    const float4 a = widen({gates[i].x, gates[i].y});
    const float4 b = widen({gates[i].z, gates[i].w});
    const float4 c = widen({ups[i].x, ups[i].y});
    const float4 d = widen({ups[i].z, ups[i].w});
    const uint2 low = pack(silu(a.x) * c.x, silu(a.y) * c.y, silu(a.z) * c.z, silu(a.w) * c.w);
    const uint2 high = pack(silu(b.x) * d.x, silu(b.y) * d.y, silu(b.z) * d.z, silu(b.w) * d.w);
    reinterpret_cast<uint4*>(out)[chunk] = uint4{low.x, low.y, high.x, high.y};
  }
}

}  // namespace

void embed(const std::int32_t* tokens, const baton_sample* samples, const bf16_t* embedding,
           int count, int hidden, float* residual, cudaStream_t stream) {
  launch(hidden % 4 == 0 ? embed_kernel<true> : embed_kernel<false>, count, 256, 0, stream, tokens,
         samples, embedding, hidden, residual);
}

void add_rms_norm(float* residual, const bf16_t* delta, const float* weight, float epsilon,
                  int count, int hidden, bf16_t* out, cudaStream_t stream) {
  norm<false>(residual, delta, nullptr, weight, epsilon, count, hidden, out, stream);
}

void gather_add_rms_norm(const float* residual, const bf16_t* delta, const std::int32_t* rows,
                         const float* weight, float epsilon, int count, int hidden, bf16_t* out,
                         cudaStream_t stream) {
  norm<true>(const_cast<float*>(residual), delta, rows, weight, epsilon, count, hidden, out,
             stream);
}

void rope_store(const bf16_t* qkv, const StepView& step, const float* cosine, const float* sine,
                const RopeShape& shape, int count, int layer, bf16_t* q, const KvView& pool,
                cudaStream_t stream) {
  const bool vector = shape.head_dim % 8 == 0;
  const auto kernel = pool.fp8 ? vector ? rope_store_kernel<e4m3_t, float4>
                                        : rope_store_kernel<e4m3_t, float>
                      : vector ? rope_store_kernel<bf16_t, float4>
                               : rope_store_kernel<bf16_t, float>;
  constexpr int kThreads = 256;
  constexpr int kSmallStep = 64;  // tokens; a larger step fills the device with one CTA each
  const int items =
      (shape.heads + 2 * shape.kv_heads) * (shape.head_dim / (vector ? 8 : 2));
  const int ctas = count <= kSmallStep ? (items + kThreads - 1) / kThreads : 1;
  launch(kernel, dim3(count, ctas), kThreads, 0, stream, qkv, step, cosine, sine, shape, layer, q,
         pool);
}

void swiglu(const bf16_t* gate_up, int count, int inner, bf16_t* out, cudaStream_t stream) {
  auto ctas = [](std::int64_t items, int in_cta) {
    return static_cast<unsigned>((items + in_cta - 1) / in_cta);
  };
  const std::int64_t chunks = std::int64_t{count} * inner / 8;
  if (inner % 8 != 0 || chunks > 0x7fffffff) {
    launch(swiglu_kernel, dim3(ctas(inner, kSwigluThreads), count), kSwigluThreads, 0, stream,
           gate_up, inner, out);
    return;
  }
  constexpr int kSteps = 4;
  constexpr int kManyChunks = 1 << 18;  // enough for every thread of the device to have several
  const bool many = chunks >= kManyChunks;
  launch(many ? swiglu_vector_kernel<kSteps> : swiglu_vector_kernel<1>,
         ctas(chunks, (many ? kSteps : 1) * kSwigluThreads), kSwigluThreads, 0, stream, gate_up,
         static_cast<unsigned>(chunks), static_cast<unsigned>(inner / 8), out);
}

}  // namespace baton::cuda
