#include "norm.hpp"

#include "launch.hpp"
#include "vectors.cuh"

namespace baton::cuda {
namespace {

constexpr int kThreads = 256;

/// Sum over the CTA; one call a kernel.
__device__ float block_sum(float value) {
  __shared__ float partial[kThreads / 32];
  for (int offset = 16; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(0xffffffff, value, offset);
  }
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = value;
  __syncthreads();
  float sum = 0;
  for (int i = 0; i < kThreads / 32; ++i) sum += partial[i];
  return sum;
}

__device__ float square(float v) { return v * v; }
__device__ float square(const float4& v) {
  return v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
}
__device__ float times(float a, float b) { return a * b; }
__device__ float4 times(const float4& a, const float4& b) {
  return {a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w};
}

/// One CTA a row. Value: float, or float4 where hidden is a multiple of 4.
template <class Value>
__global__ void __launch_bounds__(kThreads)
    embed_kernel(const std::int32_t* tokens, const baton_sample* samples, const bf16_t* embedding,
                 int hidden, Residual residual) {
  constexpr int kWidth = sizeof(Value) / sizeof(float);
  dependents_launch();
  dependency_wait();
  const std::int64_t row = blockIdx.x;
  const std::int32_t id = tokens[row];
  const bf16_t* from = embedding + std::int64_t{id < 0 ? samples[-1 - id].token : id} * hidden;
  float squares = 0;
  for (int i = threadIdx.x * kWidth; i < hidden; i += kThreads * kWidth) {
    const Value value = load(from + i, Value{});
    *reinterpret_cast<Value*>(residual.sum + row * hidden + i) = value;
    if (residual.norm == nullptr) continue;
    squares += square(value);
    const Value weight = *reinterpret_cast<const Value*>(residual.norm + i);
    store(residual.x + row * hidden + i, times(value, weight));
  }
  if (residual.norm == nullptr) return;
  const float sum = block_sum(squares);
  if (threadIdx.x == 0) residual.squares[row] = sum;
}

/// One CTA a row, which stays in registers: kQuads times four numbers a thread.
template <int kQuads>
__global__ void __launch_bounds__(kThreads)
    norm_vector_kernel(const float* residual, const std::int32_t* rows, const float* weight,
                       float epsilon, int hidden, bf16_t* out) {
  constexpr bool kWeightFirst = kQuads <= 4;  // as far as the registers go
  const int quads = hidden / 4;
  auto mine = [&](int i) { return static_cast<int>(threadIdx.x) + i * kThreads; };
  float4 w[kWeightFirst ? kQuads : 1];
  if constexpr (kWeightFirst) {
#pragma unroll
    for (int i = 0; i < kQuads; ++i) {
      if (mine(i) < quads) w[i] = reinterpret_cast<const float4*>(weight)[mine(i)];
    }
  }
  dependents_launch();
  dependency_wait();
  const std::int64_t from = rows != nullptr ? rows[blockIdx.x] : static_cast<int>(blockIdx.x);
  const auto* x = reinterpret_cast<const float4*>(residual + from * hidden);
  float4 kept[kQuads];
#pragma unroll
  for (int i = 0; i < kQuads; ++i) kept[i] = mine(i) < quads ? x[mine(i)] : float4{0, 0, 0, 0};
  float squares = 0;
#pragma unroll
  for (int i = 0; i < kQuads; ++i) squares += square(kept[i]);
  const float scale = rsqrtf(block_sum(squares) / static_cast<float>(hidden) + epsilon);
  bf16_t* to = out + std::int64_t{blockIdx.x} * hidden;
#pragma unroll
  for (int i = 0; i < kQuads; ++i) {
    if (mine(i) >= quads) continue;
    const float4 by =
        kWeightFirst ? w[kWeightFirst ? i : 0] : reinterpret_cast<const float4*>(weight)[mine(i)];
    store(to + 4 * mine(i), times(times(kept[i], {scale, scale, scale, scale}), by));
  }
}

/// The same for any even width, the row in shared memory.
__global__ void __launch_bounds__(kThreads)
    norm_kernel(const float* residual, const std::int32_t* rows, const float* weight,
                float epsilon, int hidden, bf16_t* out) {
  extern __shared__ float row_values[];
  dependents_launch();
  dependency_wait();
  const std::int64_t from = rows != nullptr ? rows[blockIdx.x] : static_cast<int>(blockIdx.x);
  const auto* x = reinterpret_cast<const float2*>(residual + from * hidden);
  auto* kept = reinterpret_cast<float2*>(row_values);
  float squares = 0;
  for (int i = threadIdx.x; i < hidden / 2; i += kThreads) {
    kept[i] = x[i];
    squares += square(kept[i].x) + square(kept[i].y);
  }
  const float scale = rsqrtf(block_sum(squares) / static_cast<float>(hidden) + epsilon);
  auto* to = reinterpret_cast<__nv_bfloat162*>(out + std::int64_t{blockIdx.x} * hidden);
  const auto* w = reinterpret_cast<const float2*>(weight);
  for (int i = threadIdx.x; i < hidden / 2; i += kThreads) {
    to[i] = __floats2bfloat162_rn(kept[i].x * scale * w[i].x, kept[i].y * scale * w[i].y);
  }
}

}  // namespace

void embed(const std::int32_t* tokens, const baton_sample* samples, const bf16_t* embedding,
           int count, int hidden, const Residual& residual, cudaStream_t stream) {
  launch(hidden % 4 == 0 ? embed_kernel<float4> : embed_kernel<float>, count, kThreads, 0, stream,
         tokens, samples, embedding, hidden, residual);
}

void rms_norm(const float* residual, const std::int32_t* rows, const float* weight, float epsilon,
              int count, int hidden, bf16_t* out, cudaStream_t stream) {
  if (hidden % 4 != 0) {
    launch(norm_kernel, count, kThreads, sizeof(float) * hidden, stream, residual, rows, weight,
           epsilon, hidden, out);
    return;
  }
  const int quads = (hidden / 4 + kThreads - 1) / kThreads;
  require(quads <= 16, "hidden must be at most 16384");
  const auto kernel = quads <= 1   ? norm_vector_kernel<1>
                      : quads <= 2 ? norm_vector_kernel<2>
                      : quads <= 4 ? norm_vector_kernel<4>
                      : quads <= 8 ? norm_vector_kernel<8>
                                   : norm_vector_kernel<16>;
  launch(kernel, count, kThreads, 0, stream, residual, rows, weight, epsilon, hidden, out);
}

}  // namespace baton::cuda
