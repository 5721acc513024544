// Products with a few rows, and quantisation of activations.
#include <cuda_fp8.h>

#include <algorithm>

#include "products.hpp"

namespace baton::cuda {
namespace {

constexpr int kWarps = 8;
constexpr int kUnroll = 4;  // loads of 16 bytes in flight a thread

__device__ inline uint4 load_once(const uint4* from) {
  uint4 value;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
               : "l"(from));
  return value;
}

template <bool kFp8>
struct Chunk;

template <>
struct Chunk<false> {
  static constexpr int kSize = 8;
  __device__ static void spread(const uint4& raw, float (&out)[kSize]) {
    const std::uint32_t words[4] = {raw.x, raw.y, raw.z, raw.w};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      out[2 * i] = __uint_as_float(words[i] << 16);
      out[2 * i + 1] = __uint_as_float(words[i] & 0xffff0000);
    }
  }
};

template <>
struct Chunk<true> {
  static constexpr int kSize = 16;
  __device__ static void spread(const uint4& raw, float (&out)[kSize]) {
    const std::uint32_t words[4] = {raw.x, raw.y, raw.z, raw.w};
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      const auto pair = static_cast<__nv_fp8x2_storage_t>(words[i / 2] >> i % 2 * 16);
      const __half2_raw half = __nv_cvt_fp8x2_to_halfraw2(pair, __NV_E4M3);
      const float2 both = __half22float2(half);
      out[2 * i] = both.x;
      out[2 * i + 1] = both.y;
    }
  }
};

/// One warp an output; x is shared by the CTA's warps through the L1.
template <bool kFp8, int kRows, class Out>
__global__ void __launch_bounds__(kWarps * 32)
    few_rows_kernel(const bf16_t* x, const void* weight, const float* scales, int outputs,
                    int inputs, Out* out, bool add) {
  using Piece = Chunk<kFp8>;
  const int lane = threadIdx.x % 32;
  const int output = blockIdx.x * kWarps + threadIdx.x / 32;
  if (output >= outputs) return;
  const int chunks = inputs / Piece::kSize;
  const auto* row = reinterpret_cast<const uint4*>(
      static_cast<const std::uint8_t*>(weight) +
      std::int64_t{output} * inputs * (kFp8 ? 1 : 2));
  float sums[kRows] = {};
  auto add = [&](const uint4& raw, int chunk) {
    float w[Piece::kSize];
    Piece::spread(raw, w);
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
#pragma unroll
      for (int part = 0; part < Piece::kSize / 8; ++part) {
        const uint4 values = *reinterpret_cast<const uint4*>(
            x + std::int64_t{r} * inputs + chunk * Piece::kSize + part * 8);
        float v[8];
        Chunk<false>::spread(values, v);
#pragma unroll
        for (int i = 0; i < 8; ++i) sums[r] = fmaf(w[part * 8 + i], v[i], sums[r]);
      }
    }
  };
  int chunk = lane;
  for (; chunk + 32 * (kUnroll - 1) < chunks; chunk += 32 * kUnroll) {
    uint4 raw[kUnroll];
#pragma unroll
    for (int i = 0; i < kUnroll; ++i) raw[i] = load_once(row + chunk + 32 * i);
#pragma unroll
    for (int i = 0; i < kUnroll; ++i) add(raw[i], chunk + 32 * i);
  }
  for (; chunk < chunks; chunk += 32) add(load_once(row + chunk), chunk);
#pragma unroll
  for (int r = 0; r < kRows; ++r) {
#pragma unroll
    for (int offset = 16; offset > 0; offset /= 2) {
      sums[r] += __shfl_xor_sync(0xffffffff, sums[r], offset);
    }
    if (lane == r) {
      Out& to = out[std::int64_t{r} * outputs + output];
      const float value = kFp8 ? sums[r] * scales[output] : sums[r];
      to = static_cast<Out>(add ? value + static_cast<float>(to) : value);
    }
  }
}

template <bool kFp8, class Out>
void launch(const bf16_t* x, const Matrix& weight, int rows, Out* out, bool add,
            cudaStream_t stream) {
  const auto kernel = rows == 1   ? few_rows_kernel<kFp8, 1, Out>
                      : rows == 2 ? few_rows_kernel<kFp8, 2, Out>
                      : rows == 3 ? few_rows_kernel<kFp8, 3, Out>
                                  : few_rows_kernel<kFp8, 4, Out>;
  kernel<<<(weight.outputs + kWarps - 1) / kWarps, kWarps * 32, 0, stream>>>(
      x, weight.data, weight.scales, weight.outputs, weight.inputs, out, add);
  BATON_CUDA(cudaGetLastError());
}

constexpr int kQuantiseThreads = 256;
constexpr float kLargestE4m3 = 448;

__global__ void __launch_bounds__(kQuantiseThreads)
    quantise_kernel(const bf16_t* x, int inputs, std::uint8_t* q, float* scales) {
  __shared__ float partial[kQuantiseThreads / 32];
  const bf16_t* from = x + std::int64_t{blockIdx.x} * inputs;
  float largest = 0;
  for (int i = threadIdx.x; i < inputs; i += kQuantiseThreads) {
    largest = fmaxf(largest, fabsf(__bfloat162float(from[i])));
  }
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2) {
    largest = fmaxf(largest, __shfl_xor_sync(0xffffffff, largest, offset));
  }
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = largest;
  __syncthreads();
  for (int i = 0; i < kQuantiseThreads / 32; ++i) largest = fmaxf(largest, partial[i]);
  const float scale = largest > 0 ? largest / kLargestE4m3 : 1.0F;
  if (threadIdx.x == 0) scales[blockIdx.x] = scale;
  for (int i = threadIdx.x; i < inputs; i += kQuantiseThreads) {
    q[std::int64_t{blockIdx.x} * inputs + i] =
        __nv_cvt_float_to_fp8(__bfloat162float(from[i]) / scale, __NV_SATFINITE, __NV_E4M3);
  }
}

}  // namespace

template <class Out>
void multiply_few(const bf16_t* x, const Matrix& weight, int rows, Out* out, bool add,
                  cudaStream_t stream) {
  weight.is_fp8() ? launch<true>(x, weight, rows, out, add, stream)
                  : launch<false>(x, weight, rows, out, add, stream);
}
template void multiply_few(const bf16_t*, const Matrix&, int, bf16_t*, bool, cudaStream_t);
template void multiply_few(const bf16_t*, const Matrix&, int, float*, bool, cudaStream_t);

void quantise_rows(const bf16_t* x, int rows, int inputs, std::uint8_t* q, float* scales,
                   cudaStream_t stream) {
  quantise_kernel<<<rows, kQuantiseThreads, 0, stream>>>(x, inputs, q, scales);
  BATON_CUDA(cudaGetLastError());
}

}  // namespace baton::cuda
