// Rows of activations or weights in e4m3, one scale a row.
#include <cuda_fp8.h>

#include "launch.hpp"
#include "products.hpp"

namespace baton::cuda {
namespace {

constexpr int kQuantiseThreads = 256;
constexpr float kLargestE4m3 = 448;

/// The scale of a row whose largest number any thread of the CTA holds.
__device__ inline float row_scale(float largest) {
  __shared__ float partial[kQuantiseThreads / 32];
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2) {
    largest = fmaxf(largest, __shfl_xor_sync(0xffffffff, largest, offset));
  }
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = largest;
  __syncthreads();
  for (int i = 0; i < kQuantiseThreads / 32; ++i) largest = fmaxf(largest, partial[i]);
  return largest > 0 ? largest / kLargestE4m3 : 1.0F;
}

/// One CTA a row, which stays in registers: kChunks times eight numbers a thread. `inputs` is a
/// multiple of 8.
template <int kChunks>
__global__ void __launch_bounds__(kQuantiseThreads)
    quantise_vector_kernel(const bf16_t* x, int inputs, std::uint8_t* q, float* scales) {
  dependents_launch();
  dependency_wait();
  const auto* from = reinterpret_cast<const uint4*>(x + std::int64_t{blockIdx.x} * inputs);
  auto mine = [](int i) { return static_cast<int>(threadIdx.x) + i * kQuantiseThreads; };
  uint4 raw[kChunks];
#pragma unroll
  for (int i = 0; i < kChunks; ++i) {
    raw[i] = mine(i) < inputs / 8 ? from[mine(i)] : uint4{0, 0, 0, 0};
  }
  auto pair = [&](int i, int word) {
    const std::uint32_t bits = word == 0   ? raw[i].x
                               : word == 1 ? raw[i].y
                               : word == 2 ? raw[i].z
                                           : raw[i].w;
    return float2{__uint_as_float(bits << 16), __uint_as_float(bits & 0xffff0000)};
  };
  float largest = 0;
#pragma unroll
  for (int i = 0; i < kChunks; ++i) {
#pragma unroll
    for (int word = 0; word < 4; ++word) {
      const float2 v = pair(i, word);
      largest = fmaxf(largest, fmaxf(fabsf(v.x), fabsf(v.y)));
    }
  }
  const float scale = row_scale(largest);
  if (threadIdx.x == 0) scales[blockIdx.x] = scale;
#pragma unroll
  for (int i = 0; i < kChunks; ++i) {
    if (mine(i) >= inputs / 8) break;
    std::uint32_t out[2] = {0, 0};
#pragma unroll
    for (int word = 0; word < 4; ++word) {
      const float2 v = pair(i, word);
      const std::uint32_t two = __nv_cvt_float2_to_fp8x2({v.x / scale, v.y / scale},
                                                         __NV_SATFINITE, __NV_E4M3);
      out[word / 2] |= two << word % 2 * 16;
    }
    reinterpret_cast<uint2*>(q + std::int64_t{blockIdx.x} * inputs)[mine(i)] = {out[0], out[1]};
  }
}

/// The same for any width.
__global__ void __launch_bounds__(kQuantiseThreads)
    quantise_kernel(const bf16_t* x, int inputs, std::uint8_t* q, float* scales) {
  dependents_launch();
  dependency_wait();
  const bf16_t* from = x + std::int64_t{blockIdx.x} * inputs;
  float largest = 0;
  for (int i = threadIdx.x; i < inputs; i += kQuantiseThreads) {
    largest = fmaxf(largest, fabsf(__bfloat162float(from[i])));
  }
  const float scale = row_scale(largest);
  if (threadIdx.x == 0) scales[blockIdx.x] = scale;
  for (int i = threadIdx.x; i < inputs; i += kQuantiseThreads) {
    q[std::int64_t{blockIdx.x} * inputs + i] =
        __nv_cvt_float_to_fp8(__bfloat162float(from[i]) / scale, __NV_SATFINITE, __NV_E4M3);
  }
}

}  // namespace

void quantise_rows(const bf16_t* x, int rows, int inputs, std::uint8_t* q, float* scales,
                   cudaStream_t stream) {
  const int chunks = (inputs / 8 + kQuantiseThreads - 1) / kQuantiseThreads;
  const auto kernel = inputs % 8 != 0 || chunks > 8 ? quantise_kernel
                      : chunks <= 1                 ? quantise_vector_kernel<1>
                      : chunks <= 2                 ? quantise_vector_kernel<2>
                      : chunks <= 4                 ? quantise_vector_kernel<4>
                                                    : quantise_vector_kernel<8>;
  launch(kernel, rows, kQuantiseThreads, 0, stream, x, inputs, q, scales);
}

}  // namespace baton::cuda
