// What a warp of the decode kernel does with one block of the pool: scores, weights and the weighted
// sum of 16 keys for up to 16 queries, on tensor cores. One form for each element of the pool.
//
// In a warp-wide product lane (g, t) = (lane / 4, lane % 4) holds rows g and g + 8 of the left operand
// and of the result, and columns 2 t and 2 t + 1 of the result; of the right operand it holds column
// g, rows 2 t, 2 t + 1, 2 t + 8 and 2 t + 9.
#pragma once

#include "attention.hpp"
#include "hopper.cuh"

namespace baton::cuda::decode {

constexpr int kBlock = BATON_BLOCK_TOKENS;
constexpr int kQueries = 16;  // rows of a product; the group is padded to it

/// How a block lies in shared memory, and how many of them a warp has on their way.
/// bf16: [half of head_dim][K,V][token][64], 128-byte swizzle. e4m3: [K,V][token][head_dim].
template <int kDim, bool kFp8>
struct Stage {
  static constexpr int kHalves = kDim / 64;
  static constexpr int kHalfBytes = 2 * kBlock * 128;
  static constexpr int kBytes = kFp8 ? 2 * kBlock * kDim : kHalves * kHalfBytes;
  static constexpr int kCount = kFp8 ? 6 : 3;
};

/// Running softmax of one warp; [r] is query g + 8 r.
template <int kDim>
struct Accumulator {
  float out[kDim / 8][4];  // [product with V][2 r + i]; `store_part` knows of which dim
  float maximum[2];
  float sum[2];

  __device__ Accumulator() : out{}, maximum{-INFINITY, -INFINITY}, sum{} {}
};

/// The queries of the group as left operands; rows behind the group are zero. For e4m3 they are f16
/// and 1 / kQueryScale as large, so that none overflows.
constexpr float kQueryScale = 16;

template <int kDim, bool kFp8>
__device__ void load_queries(std::uint32_t (&q)[kDim / 16][4], const bf16_t* from, int group) {
  const int lane = threadIdx.x % 32;
  const int t = lane % 4;
#pragma unroll
  for (int k = 0; k < kDim / 16; ++k) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int row = lane / 4 + i % 2 * 8;
      // e4m3: product k takes word k % 4 of the 16 bytes that a lane reads of every 64
      const int column = kFp8 ? k / 4 * 64 + t * 16 + k % 4 * 4 + i / 2 * 2
                              : k * 16 + t * 2 + i / 2 * 8;
      q[k][i] = row < group
                    ? *reinterpret_cast<const std::uint32_t*>(from + row * kDim + column)
                    : 0;
      if constexpr (kFp8) {
        auto fit = [](float x) { return fminf(fmaxf(x / kQueryScale, -65504.0F), 65504.0F); };
        q[k][i] = pack_f16(fit(__uint_as_float(q[k][i] << 16)),
                           fit(__uint_as_float(q[k][i] & 0xffff0000)));
      }
    }
  }
}

/// Turns the scores of a block into weights and makes room for larger ones: scores[tile] are of
/// tokens 8 tile + 2 t and + 1, of which those from `visible` on do not count.
template <int kDim>
__device__ void weigh(Accumulator<kDim>& acc, float (&scores)[2][4], int visible, float scale) {
  const int first = threadIdx.x % 4 * 2;
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
      const float factor = exp2_fast(acc.maximum[r] - largest[r]);  // the first time exp2(-inf) = 0
      acc.maximum[r] = largest[r];
      acc.sum[r] *= factor;
#pragma unroll
      for (int n = 0; n < kDim / 8; ++n) {
        acc.out[n][2 * r] *= factor;
        acc.out[n][2 * r + 1] *= factor;
      }
    }
  }
#pragma unroll
  for (int tile = 0; tile < 2; ++tile) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      scores[tile][i] = exp2_fast(scores[tile][i] - acc.maximum[i / 2]);
      acc.sum[i / 2] += scores[tile][i];
    }
  }
}

template <int kDim>
__device__ void attend_bf16(Accumulator<kDim>& acc, const std::uint32_t (&q)[kDim / 16][4],
                            const std::uint8_t* block, int visible, float scale) {
  using Layout = Stage<kDim, false>;
  const int in_matrix = threadIdx.x % 8;
  const int matrix = threadIdx.x % 32 / 8;
  const std::uint32_t stage = shared_address(block);
  auto at = [&](int row, int chunk) {
    return stage + chunk / 8 * Layout::kHalfBytes + row * 128 + ((chunk % 8) ^ (row % 8)) * 16;
  };
  float scores[2][4] = {};
#pragma unroll
  for (int k = 0; k < kDim / 16; ++k) {
    std::uint32_t keys[4];
    load_matrices(keys, at(matrix / 2 * 8 + in_matrix, 2 * k + matrix % 2));
    multiply_16x8x16(scores[0], q[k], keys[0], keys[1]);
    multiply_16x8x16(scores[1], q[k], keys[2], keys[3]);
  }
  weigh(acc, scores, visible, scale);
  const std::uint32_t p[4] = {
      pack_bf16(scores[0][0], scores[0][1]), pack_bf16(scores[0][2], scores[0][3]),
      pack_bf16(scores[1][0], scores[1][1]), pack_bf16(scores[1][2], scores[1][3])};
  // What lies behind the end of the sequence may be anything, NaN too: it must not meet a weight.
  std::uint32_t mask[2] = {0xffffffff, 0xffffffff};
  if (visible < kBlock) {
#pragma unroll
    for (int tile = 0; tile < 2; ++tile) {
      const int left = visible - tile * 8 - static_cast<int>(threadIdx.x % 4 * 2);
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

/// e4m3 becomes f16 on the way into the products. Lanes read whole words of K and V, so which dim is
/// which row (K) or column (V) of a product follows from the words.
template <int kDim>
__device__ void attend_e4m3(Accumulator<kDim>& acc, const std::uint32_t (&q)[kDim / 16][4],
                            const std::uint8_t* block, int visible, float scale) {
  const int g = threadIdx.x % 32 / 4;
  const int t = threadIdx.x % 4;
  float scores[2][4] = {};
#pragma unroll
  for (int tile = 0; tile < 2; ++tile) {
#pragma unroll
    for (int part = 0; part < kDim / 64; ++part) {
      const uint4 raw = *reinterpret_cast<const uint4*>(block + (tile * 8 + g) * kDim + part * 64 +
                                                        t * 16);
      const std::uint32_t words[4] = {raw.x, raw.y, raw.z, raw.w};
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        multiply_16x8x16_f16(scores[tile], q[part * 4 + i], widen_e4m3(words[i]),
                             widen_e4m3(words[i] >> 16));
      }
    }
  }
  weigh(acc, scores, visible, scale);
  const std::uint32_t p[4] = {
      pack_f16(scores[0][0], scores[0][1]), pack_f16(scores[0][2], scores[0][3]),
      pack_f16(scores[1][0], scores[1][1]), pack_f16(scores[1][2], scores[1][3])};
  constexpr int kWords = kDim / 32;  // of the dims that a lane reads in a row of V
  std::uint32_t rows[4][kWords];     // of tokens 2 t, 2 t + 1, 2 t + 8, 2 t + 9
#pragma unroll
  for (int r = 0; r < 4; ++r) {
    const int token = 2 * t + r % 2 + r / 2 * 8;
    const std::uint8_t* from = block + (kBlock + token) * kDim + g * (kDim / 8);
    if constexpr (kWords == 4) {
      const uint4 raw = *reinterpret_cast<const uint4*>(from);
      rows[r][0] = raw.x;
      rows[r][1] = raw.y;
      rows[r][2] = raw.z;
      rows[r][3] = raw.w;
    } else {
      const uint2 raw = *reinterpret_cast<const uint2*>(from);
      rows[r][0] = raw.x;
      rows[r][1] = raw.y;
    }
    if (token >= visible) {  // may be NaN
#pragma unroll
      for (int w = 0; w < kWords; ++w) rows[r][w] = 0;
    }
  }
#pragma unroll
  for (int w = 0; w < kWords; ++w) {
#pragma unroll
    for (int pair = 0; pair < 2; ++pair) {  // dims 4 w + 2 pair and + 1, each of two tokens
      const std::uint32_t order = pair == 0 ? 0x5140 : 0x7362;
      const std::uint32_t near = __byte_perm(rows[0][w], rows[1][w], order);
      const std::uint32_t far = __byte_perm(rows[2][w], rows[3][w], order);
      const int n = 4 * w + 2 * pair;
      multiply_16x8x16_f16(acc.out[n], p, widen_e4m3(near), widen_e4m3(far));
      multiply_16x8x16_f16(acc.out[n + 1], p, widen_e4m3(near >> 16), widen_e4m3(far >> 16));
    }
  }
}

/// Parts of the warps in shared memory: rows of head_dim floats with gaps, so that the lanes of
/// `store_part` do not meet in a bank.
template <int kDim>
struct PartRow {
  static constexpr int kStride = kDim + kDim / 32 * 4;
  __device__ static int at(int dim) { return dim + dim / 32 * 4; }
};

/// Writes this lane's numbers of query g + 8 r, unnormalised, to a PartRow.
template <int kDim, bool kFp8>
__device__ void store_part(const Accumulator<kDim>& acc, int r, float* row) {
  const int column = threadIdx.x % 4 * 2;
  if constexpr (kFp8) {  // column c of product n is dim c * kDim / 8 + n
#pragma unroll
    for (int i = 0; i < 2; ++i) {
#pragma unroll
      for (int n = 0; n < kDim / 8; n += 4) {
        const int at = 2 * r + i;
        *reinterpret_cast<float4*>(row + PartRow<kDim>::at((column + i) * (kDim / 8) + n)) =
            float4{acc.out[n][at], acc.out[n + 1][at], acc.out[n + 2][at], acc.out[n + 3][at]};
      }
    }
  } else {
#pragma unroll
    for (int n = 0; n < kDim / 8; ++n) {
      *reinterpret_cast<float2*>(row + PartRow<kDim>::at(n * 8 + column)) =
          float2{acc.out[n][2 * r], acc.out[n][2 * r + 1]};
    }
  }
}

}  // namespace baton::cuda::decode
