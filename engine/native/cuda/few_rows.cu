// Products with a few rows.
//
// A product with a few rows is bound by reading the weight once, so everything serves the loads: a
// CTA computes a tile of 16 weight rows, its warps take turns along the inputs, and every lane keeps
// eight or sixteen loads of 16 bytes in flight, the first of them before the kernel that makes x has
// finished.
// The sums are products of tensor cores with the weight as left operand and up to eight rows of x
// as right one. Which inputs an operand's columns are is ours to choose as long as both operands
// agree: lane (g, t) gives what lies at the 16 bytes it loaded. What becomes of the sums is in
// few_rows_results.cuh.
#include <cuda_fp8.h>

#include <string>

#include "device.hpp"
#include "few_rows_results.cuh"
#include "hopper.cuh"
#include "launch.hpp"
#include "products.hpp"

namespace baton::cuda {
namespace {

constexpr int kWarps = 8;
constexpr int kColumns = 8;     // of a warp-wide product: rows of x
constexpr int kUnitChunks = 8;  // of 16 bytes, in a row of a unit

/// CTAs that a multiprocessor has room for, by the units that a warp keeps in flight: as many as the
/// registers allow.
constexpr int ctas(int depth) { return depth == 2 ? 3 : 2; }
static_assert(kFewRows <= kColumns && kFewRows <= kWarps && kTile == kNormPart);

/// A lane's part of 128 bytes of every row of the tile: with g = lane / 4 and t = lane % 4, chunks t
/// and t + 4 of rows g (`upper`) and g + 8 (`lower`).
struct Unit {
  uint4 upper[2];
  uint4 lower[2];
};

/// 16 bytes of a weight, zeros where not `there`. Predicated: a branch would part the warp.
__device__ inline uint4 load_weight(const uint4* from, bool there) {
  uint4 value;
  asm volatile(
      "{\n.reg .pred there;\nsetp.ne.b32 there, %5, 0;\n"
      "mov.b32 %0, 0;\nmov.b32 %1, 0;\nmov.b32 %2, 0;\nmov.b32 %3, 0;\n"
      "@there ld.global.nc.L1::no_allocate.L2::256B.v4.u32 {%0, %1, %2, %3}, [%4];\n}\n"
      : "=&r"(value.x), "=&r"(value.y), "=&r"(value.z), "=&r"(value.w)
      : "l"(from), "r"(static_cast<int>(there)));
  return value;
}

/// The same for activations: other kernels write them, so they go through the coherent path.
__device__ inline uint4 load_input(const bf16_t* from, bool there) {
  uint4 value;
  asm volatile(
      "{\n.reg .pred there;\nsetp.ne.b32 there, %5, 0;\n"
      "mov.b32 %0, 0;\nmov.b32 %1, 0;\nmov.b32 %2, 0;\nmov.b32 %3, 0;\n"
      "@there ld.global.v4.u32 {%0, %1, %2, %3}, [%4];\n}\n"
      : "=&r"(value.x), "=&r"(value.y), "=&r"(value.z), "=&r"(value.w)
      : "l"(from), "r"(static_cast<int>(there))
      : "memory");
  return value;
}

/// The unit whose first chunk for this lane is `chunk`; zeros behind the rows' end.
__device__ inline Unit load_unit(const uint4* upper, const uint4* lower, int chunk, int chunks) {
  Unit unit;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int at = chunk + 4 * half;
    unit.upper[half] = load_weight(upper + at, at < chunks);
    unit.lower[half] = load_weight(lower + at, at < chunks);
  }
  return unit;
}

/// Four e4m3 numbers as two pairs of bf16, which holds them exactly.
__device__ inline uint2 widen(std::uint32_t four) {
  std::uint32_t pairs[2];
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    const auto two = static_cast<__nv_fp8x2_storage_t>(four >> 16 * i);
    const float2 both = __half22float2(__half2(__nv_cvt_fp8x2_to_halfraw2(two, __NV_E4M3)));
    pairs[i] = pack_bf16(both.x, both.y);
  }
  return {pairs[0], pairs[1]};
}

/// The inputs of a chunk of weight: 8 (bf16) or 16 (e4m3) of this lane's row of x.
template <bool kFp8>
struct Inputs {
  std::uint32_t pairs[kFp8 ? 8 : 4];

  __device__ Inputs(const bf16_t* from, bool there) {
#pragma unroll
    for (int part = 0; part < (kFp8 ? 2 : 1); ++part) {
      const uint4 v = load_input(from + 8 * part, there);
      pairs[4 * part] = v.x;
      pairs[4 * part + 1] = v.y;
      pairs[4 * part + 2] = v.z;
      pairs[4 * part + 3] = v.w;
    }
  }
};

/// sums[tile row][row of x] += a chunk of the tile's rows times the same inputs of x.
template <bool kFp8>
__device__ inline void multiply_chunk(float (&sums)[4], const uint4& upper, const uint4& lower,
                                      const Inputs<kFp8>& x) {
  const std::uint32_t above[4] = {upper.x, upper.y, upper.z, upper.w};
  const std::uint32_t below[4] = {lower.x, lower.y, lower.z, lower.w};
  if constexpr (kFp8) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const uint2 a = widen(above[i]);
      const uint2 b = widen(below[i]);
      multiply_16x8x16(sums, {a.x, b.x, a.y, b.y}, x.pairs[2 * i], x.pairs[2 * i + 1]);
    }
  } else {
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      multiply_16x8x16(sums, {above[2 * i], below[2 * i], above[2 * i + 1], below[2 * i + 1]},
                       x.pairs[2 * i], x.pairs[2 * i + 1]);
    }
  }
}

/// Asks for the parts of the squares of one row, for the lanes that will `sum_parts`.
__device__ inline void ask_parts(const float* from, int parts, float* shared) {
  for (int i = threadIdx.x % 32; i < parts; i += 32) copy_async(shared + i, from + i);
}

/// Their sum, in an order that depends on nothing else; every lane of the warp gets it.
__device__ inline float sum_parts(const float* shared, int parts) {
  copies_wait();  // each lane reads what it copied itself
  float sum = 0;
  for (int i = threadIdx.x % 32; i < parts; i += 32) sum += shared[i];
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(0xffffffff, sum, offset);
  return sum;
}

/// `outputs` counts what a CTA has kTile of, or pairs of them, of which it has half as many.
template <bool kFp8, int kDepth, class Result>
__global__ void __launch_bounds__(kWarps * 32, ctas(kDepth))
    few_rows_kernel(Normed x, const void* weight, const float* scales, int rows, int outputs,
                    int inputs, Result result) {
  constexpr int kOutputs = Result::kPairs ? kTile / 2 : kTile;
  constexpr int kChunk = kFp8 ? 16 : 8;  // inputs
  extern __shared__ float squares[];     // [rows][x.parts]
  __shared__ float parts[kWarps][kTile][kColumns];
  __shared__ float norms[kColumns];
  const int warp = threadIdx.x / 32;
  const int g = threadIdx.x % 32 / 4;
  const int t = threadIdx.x % 4;
  const int first = blockIdx.x * kOutputs;
  const int chunks = inputs / kChunk;
  auto weight_rows = [&](int output) {
    if constexpr (Result::kPairs) {
      return result.weight_rows(output);
    } else {
      return int2{output, output + kTile / 2};
    }
  };
  // rows behind the weight's end are the last one again; nobody looks at their sums
  const int2 mine = weight_rows(min(first + g, outputs - 1));
  const int below = Result::kPairs ? mine.y : min(mine.y, outputs - 1);
  const auto* upper = static_cast<const uint4*>(weight) + std::int64_t{mine.x} * chunks;
  const auto* lower = static_cast<const uint4*>(weight) + std::int64_t{below} * chunks;
  auto chunk_of = [&](int unit) { return unit * kUnitChunks + t; };

  Unit units[kDepth];
#pragma unroll
  for (int i = 0; i < kDepth; ++i) {
    units[i] = load_unit(upper, lower, chunk_of(warp + i * kWarps), chunks);
  }
  const int row = threadIdx.x / kOutputs;
  const int in_tile = threadIdx.x % kOutputs;
  const Place place = {row, first + in_tile, row < rows && first + in_tile < outputs};
  float scale = 1;
  float second_scale = 1;
  if (kFp8 && place.there) {
    const int2 of_sums = weight_rows(place.output);
    scale = scales[of_sums.x];
    if (Result::kPairs) second_scale = scales[of_sums.y];
  }
  typename Result::Ahead ahead;
  result.ask(place, ahead);
  dependents_launch();
  dependency_wait();

  auto row_of_x = [&](int i) -> std::int64_t {
    return x.rows != nullptr && i < rows ? x.rows[i] : i;
  };
  const bool norms_a_row = x.squares != nullptr && warp < rows;
  if (norms_a_row) {
    ask_parts(x.squares + row_of_x(warp) * x.parts, x.parts, squares + warp * x.parts);
  }
  result.ask_written(place, ahead);
  const bf16_t* inputs_of_row = x.x + row_of_x(g) * inputs;
  __syncwarp();  // the products are of whole warps
  float sums[4] = {};
  for (int unit = warp; unit * kUnitChunks < chunks; unit += kDepth * kWarps) {
#pragma unroll
    for (int i = 0; i < kDepth; ++i) {
      const int chunk = chunk_of(unit + i * kWarps);
      const bf16_t* from = inputs_of_row + chunk * kChunk;
      const Inputs<kFp8> near(from, g < rows && chunk < chunks);
      const Inputs<kFp8> far(from + 4 * kChunk, g < rows && chunk + 4 < chunks);
      multiply_chunk<kFp8>(sums, units[i].upper[0], units[i].lower[0], near);
      multiply_chunk<kFp8>(sums, units[i].upper[1], units[i].lower[1], far);
      units[i] = load_unit(upper, lower, chunk_of(unit + (i + kDepth) * kWarps), chunks);
    }
  }
  if (norms_a_row) {
    const float sum = sum_parts(squares + warp * x.parts, x.parts);
    if (threadIdx.x % 32 == 0) {
      norms[warp] = rsqrtf(sum / static_cast<float>(inputs) + x.epsilon);
    }
  }
  parts[warp][g][2 * t] = sums[0];
  parts[warp][g][2 * t + 1] = sums[1];
  parts[warp][g + 8][2 * t] = sums[2];
  parts[warp][g + 8][2 * t + 1] = sums[3];
  __syncthreads();

  const float norm = x.squares != nullptr && place.there ? norms[row] : 1;
  auto total = [&](int tile_row) {
    float sum = 0;
    if (!place.there) return sum;
#pragma unroll
    for (int w = 0; w < kWarps; ++w) sum += parts[w][tile_row][row];
    return sum * norm;
  };
  if constexpr (Result::kPairs) {
    result.finish(place, ahead, total(in_tile) * scale, total(in_tile + kTile / 2) * second_scale);
  } else {
    result.finish(place, ahead, total(in_tile) * scale);
  }
}

template <class Result>
void multiply(const Normed& x, const Matrix& weight, int rows, int outputs, const Result& result,
              cudaStream_t stream) {
  require(has_few_rows(weight, rows), "multiply_few takes up to " + std::to_string(kFewRows) +
                                          " rows of a multiple of 16 bytes of weight");
  const int in_cta = Result::kPairs ? kTile / 2 : kTile;
  const int grid = (outputs + in_cta - 1) / in_cta;
  const int parts = x.squares != nullptr ? x.parts : 0;
  // where there are too few CTAs to fill the device, each keeps more in flight
  const bool deep = grid <= ctas(4) * multiprocessors();
  auto* kernel = weight.is_fp8() ? deep ? few_rows_kernel<true, 4, Result>
                                        : few_rows_kernel<true, 2, Result>
                 : deep ? few_rows_kernel<false, 4, Result>
                        : few_rows_kernel<false, 2, Result>;
  launch(kernel, grid, kWarps * 32, sizeof(float) * static_cast<std::size_t>(rows * parts), stream,
         x, weight.data, weight.scales, rows, outputs, weight.inputs, result);
}

}  // namespace

template <class Out>
void multiply_few(const Normed& x, const Matrix& weight, int rows, Out* out, cudaStream_t stream) {
  multiply(x, weight, rows, weight.outputs, Store<Out>{out, weight.outputs}, stream);
}
template void multiply_few(const Normed&, const Matrix&, int, bf16_t*, cudaStream_t);
template void multiply_few(const Normed&, const Matrix&, int, float*, cudaStream_t);

void multiply_few_add(const bf16_t* x, const Matrix& weight, int rows, const Residual& residual,
                      cudaStream_t stream) {
  multiply({x}, weight, rows, weight.outputs, AddToResidual{residual, weight.outputs}, stream);
}

void multiply_few_swiglu(const Normed& x, const Matrix& weight, int rows, bf16_t* out,
                         cudaStream_t stream) {
  const int inner = weight.outputs / 2;
  multiply(x, weight, rows, inner, Gated{out, inner}, stream);
}

void multiply_few_rope(const Normed& x, const Matrix& qkv, int rows, const RopeStore& to,
                       cudaStream_t stream) {
  multiply(x, qkv, rows, qkv.outputs / 2, Rotated{to}, stream);
}

}  // namespace baton::cuda
