#include "kv_blocks.hpp"

#include <algorithm>
#include <vector>

#include "crc32c.hpp"
#include "cuda_error.hpp"
#include "device.hpp"

namespace baton::cuda {
namespace {

using crc32c::multiply;
using crc32c::power_of_x;
using crc32c::times_x;

// A CTA digests a part of a block. Thread t of T takes 16 bytes at t, t + T, ... and keeps one sum
// for each of their four words: sum = sum * x^(128 T) + word. The product by a constant is linear in
// the bits of the sum: it is looked up by six fields of 6 or 5 bits, in tables that have a copy for
// every lane, so that no two lanes meet in a bank. At the end each sum is multiplied by the power of
// x that its distance to the end of the part asks for, and all are added.
constexpr int kDigestThreads = 256;
constexpr int kDigestCtas = 5;  // on a multiprocessor
constexpr int kDigestAhead = 4;
constexpr int kRows = 256;

struct Field {
  int first_bit;
  int bits;
  int first_row;
};
constexpr int kFields = 6;
constexpr Field kField[kFields] = {{0, 6, 0},    {6, 6, 64},   {12, 5, 128},
                                   {17, 5, 160}, {22, 5, 192}, {27, 5, 224}};

// Parts are multiples of a unit: few bytes make the last multiplications dear, many leave
// multiprocessors idle.
constexpr std::int64_t kUnit = 32 << 10;
constexpr std::int64_t kLongestPart = 8 * kUnit;

static_assert(kUnit % (kDigestThreads * sizeof(uint4)) == 0);

template <int I>
__device__ __forceinline__ std::uint32_t look_up(const char* table, std::uint32_t lane_offset,
                                                 std::uint32_t value) {
  constexpr int kRowShift = 7;  // a row is 32 lanes of 4 bytes
  constexpr int first = I == 0 ? 0 : I == 1 ? 6 : 5 * I + 2;
  static_assert(first == kField[I].first_bit);
  constexpr std::uint32_t mask = ((1U << kField[I].bits) - 1) << kRowShift;
  const std::uint32_t moved =
      first < kRowShift ? value << (kRowShift - first) : value >> (first - kRowShift);
  const std::uint32_t offset = (moved & mask) | lane_offset;
  constexpr std::uint32_t rows = kField[I].first_row << kRowShift;
  return *reinterpret_cast<const std::uint32_t*>(table + rows + offset);
}

/// sum * x^(128 T) + word
__device__ __forceinline__ std::uint32_t advance(const char* table, std::uint32_t lane,
                                                 std::uint32_t sum, std::uint32_t word) {
  return look_up<0>(table, lane, sum) ^ look_up<1>(table, lane, sum) ^
         look_up<2>(table, lane, sum) ^ look_up<3>(table, lane, sum) ^
         look_up<4>(table, lane, sum) ^ look_up<5>(table, lane, sum) ^ word;
}

/// a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w
__device__ std::uint32_t dot(uint4 a, uint4 b) {
  std::uint32_t sum = 0;
#pragma unroll
  for (int i = 0; i < 32; ++i) {
    sum = times_x(sum) ^ (b.x & (0U - ((a.x >> i) & 1U))) ^ (b.y & (0U - ((a.y >> i) & 1U))) ^
          (b.z & (0U - ((a.z >> i) & 1U))) ^ (b.w & (0U - ((a.w >> i) & 1U)));
  }
  return sum;
}

struct Parts {
  int count;           // of parts of a block
  std::int64_t bytes;  // of each but the first, which has the rest
};

__global__ void __launch_bounds__(kDigestThreads, kDigestCtas)
    digest_kernel(const std::uint8_t* pool, std::int64_t block_bytes, const std::int32_t* ids,
                  int blocks, Parts parts, const std::uint32_t* rows, const uint4* thread_weights,
                  const std::uint32_t* part_weights, std::uint32_t constant,
                  std::uint32_t* digests) {
  constexpr int kWarps = kDigestThreads / 32;
  __shared__ std::uint32_t tables[kRows * 32];
  __shared__ std::uint32_t warp_sums[kWarps];
  const int thread = static_cast<int>(threadIdx.x);
  const int lane = thread % 32;
  const int warp = thread / 32;
#pragma unroll 8
  for (int row = warp; row < kRows; row += kWarps) tables[row * 32 + lane] = rows[row];
  __syncthreads();
  const auto* table = reinterpret_cast<const char*>(tables);
  const std::uint32_t lane_offset = static_cast<std::uint32_t>(lane) * 4;

  const int items = blocks * parts.count;
  for (int item = static_cast<int>(blockIdx.x); item < items;
       item += static_cast<int>(gridDim.x)) {
    const int block = item / parts.count;
    const int behind = parts.count - 1 - item % parts.count;
    const std::int64_t end = block_bytes - behind * parts.bytes;
    const std::int64_t begin = max(std::int64_t{0}, end - parts.bytes);
    const int size = static_cast<int>((end - begin) / static_cast<std::int64_t>(sizeof(uint4)));
    const auto* from = reinterpret_cast<const uint4*>(pool + ids[block] * block_bytes + begin);

    // A part that is no multiple of all threads' words counts as preceded by zeroes, which add
    // nothing.
    int steps = (size + kDigestThreads - 1) / kDigestThreads;
    const int first = thread - (steps * kDigestThreads - size);
    uint4 sum = first >= 0 ? __ldcs(from + first) : uint4{0, 0, 0, 0};
    const uint4* next = from + first + kDigestThreads;
    for (--steps; steps >= kDigestAhead; steps -= kDigestAhead) {
      uint4 words[kDigestAhead];
#pragma unroll
      for (int i = 0; i < kDigestAhead; ++i) words[i] = __ldcs(next + i * kDigestThreads);
      next += kDigestAhead * kDigestThreads;
#pragma unroll
      for (int i = 0; i < kDigestAhead; ++i) {
        sum.x = advance(table, lane_offset, sum.x, words[i].x);
        sum.y = advance(table, lane_offset, sum.y, words[i].y);
        sum.z = advance(table, lane_offset, sum.z, words[i].z);
        sum.w = advance(table, lane_offset, sum.w, words[i].w);
      }
    }
    for (; steps > 0; --steps, next += kDigestThreads) {
      const uint4 words = __ldcs(next);
      sum.x = advance(table, lane_offset, sum.x, words.x);
      sum.y = advance(table, lane_offset, sum.y, words.y);
      sum.z = advance(table, lane_offset, sum.z, words.z);
      sum.w = advance(table, lane_offset, sum.w, words.w);
    }

    const std::uint32_t warp_sum =
        __reduce_xor_sync(0xffffffff, dot(sum, thread_weights[thread]));
    if (lane == 0) warp_sums[warp] = warp_sum;
    __syncthreads();
    if (warp == 0) {
      const std::uint32_t all =
          __reduce_xor_sync(0xffffffff, lane < kWarps ? warp_sums[lane] : 0U);
      if (lane == 0) {
        std::uint32_t share = multiply(all, part_weights[behind * (parts.bytes / kUnit)]);
        if (behind == 0) share ^= constant;
        atomicXor(digests + block, share);
      }
    }
    __syncthreads();  // the next part writes warp_sums
  }
}

constexpr int kCopyThreads = 256;
constexpr int kCopyAhead = 4;

__global__ void __launch_bounds__(kCopyThreads)
    copy_kernel(const std::uint8_t* from, const std::int32_t* from_ids, std::uint8_t* to,
                const std::int32_t* to_ids, std::int64_t block_bytes, int tiles_of_block,
                std::int64_t tiles) {
  const std::int64_t size = block_bytes / static_cast<std::int64_t>(sizeof(uint4));
  for (std::int64_t tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
    const auto block = static_cast<int>(tile / tiles_of_block);
    const std::int64_t at =
        tile % tiles_of_block * (kCopyThreads * kCopyAhead) + static_cast<int>(threadIdx.x);
    const std::int64_t source = from_ids == nullptr ? block : from_ids[block];
    const std::int64_t target = to_ids == nullptr ? block : to_ids[block];
    const auto* in = reinterpret_cast<const uint4*>(from + source * block_bytes);
    auto* out = reinterpret_cast<uint4*>(to + target * block_bytes);
    uint4 values[kCopyAhead];
#pragma unroll
    for (int i = 0; i < kCopyAhead; ++i) {
      if (at + i * kCopyThreads < size) values[i] = __ldcs(in + at + i * kCopyThreads);
    }
#pragma unroll
    for (int i = 0; i < kCopyAhead; ++i) {
      if (at + i * kCopyThreads < size) out[at + i * kCopyThreads] = values[i];
    }
  }
}

template <class T>
DeviceBuffer<T> on_device(const std::vector<T>& values) {
  DeviceBuffer<T> out(values.size());
  BATON_CUDA(cudaMemcpy(out.data(), values.data(), out.bytes(), cudaMemcpyHostToDevice));
  // A copy from pageable memory may return before it has arrived, and streams that do not block
  // would not wait for it.
  BATON_CUDA(cudaStreamSynchronize(nullptr));
  return out;
}

std::vector<std::uint32_t> table_rows() {
  const std::uint32_t step = power_of_x(std::uint64_t{128} * kDigestThreads);
  std::vector<std::uint32_t> rows(kRows);
  for (const Field& field : kField) {
    for (std::uint32_t value = 0; value < 1U << field.bits; ++value) {
      rows[static_cast<std::size_t>(field.first_row) + value] =
          multiply(value << field.first_bit, step);
    }
  }
  return rows;
}

/// Word c of thread t is the 4 (T - t) - c th from the end in the last round of all threads.
std::vector<uint4> weights_of_threads() {
  std::vector<uint4> weights(kDigestThreads);
  for (int t = 0; t < kDigestThreads; ++t) {
    const auto bits = static_cast<std::uint64_t>(128) * (kDigestThreads - t);
    weights[static_cast<std::size_t>(t)] = {power_of_x(bits), power_of_x(bits - 32),
                                            power_of_x(bits - 64), power_of_x(bits - 96)};
  }
  return weights;
}

std::vector<std::uint32_t> weights_of_parts(std::int64_t block_bytes) {
  require(block_bytes > 0 && block_bytes % 64 == 0, "a KV block must be a multiple of 64 bytes");
  const std::uint32_t unit = power_of_x(8 * kUnit);
  std::vector<std::uint32_t> weights = {crc32c::kOne};
  for (std::int64_t at = kUnit; at < block_bytes; at += kUnit) {
    weights.push_back(multiply(weights.back(), unit));
  }
  return weights;
}

Parts parts_of(std::int64_t block_bytes, int count, int ctas) {
  const std::int64_t share = block_bytes * count / ctas;
  const std::int64_t bytes = std::clamp(share / kUnit * kUnit, kUnit, kLongestPart);
  return {static_cast<int>((block_bytes + bytes - 1) / bytes), bytes};
}

}  // namespace

BlockDigest::BlockDigest(std::int64_t block_bytes)
    : block_bytes_(block_bytes),
      most_ctas_(kDigestCtas * multiprocessors()),
      constant_(multiply(crc32c::kInitial, power_of_x(8 * static_cast<std::uint64_t>(block_bytes))) ^
                crc32c::kFinal),
      rows_(on_device(table_rows())),
      thread_weights_(on_device(weights_of_threads())),
      part_weights_(on_device(weights_of_parts(block_bytes))) {
  BATON_CUDA(cudaFuncSetAttribute(digest_kernel, cudaFuncAttributePreferredSharedMemoryCarveout,
                                  cudaSharedmemCarveoutMaxShared));
}

void BlockDigest::run(const std::uint8_t* pool, const std::int32_t* ids, int count,
                      std::uint32_t* digests, cudaStream_t stream) const {
  if (count == 0) return;
  BATON_CUDA(cudaMemsetAsync(digests, 0, sizeof(std::uint32_t) * static_cast<std::size_t>(count),
                             stream));
  const Parts parts = parts_of(block_bytes_, count, most_ctas_);
  const int ctas = std::min(most_ctas_, count * parts.count);
  digest_kernel<<<ctas, kDigestThreads, 0, stream>>>(
      pool, block_bytes_, ids, count, parts, rows_.data(), thread_weights_.data(),
      part_weights_.data(), constant_, digests);
  BATON_CUDA(cudaGetLastError());
}

void copy_blocks(const std::uint8_t* from, const std::int32_t* from_ids, std::uint8_t* to,
                 const std::int32_t* to_ids, int count, std::int64_t block_bytes, int ctas,
                 cudaStream_t stream) {
  if (count == 0) return;
  constexpr std::int64_t kTile = kCopyThreads * kCopyAhead * sizeof(uint4);
  const std::int64_t tiles_of_block = (block_bytes + kTile - 1) / kTile;
  const std::int64_t tiles = tiles_of_block * count;
  const auto grid = static_cast<unsigned>(std::min<std::int64_t>(ctas, tiles));
  copy_kernel<<<grid, kCopyThreads, 0, stream>>>(from, from_ids, to, to_ids, block_bytes,
                                                 static_cast<int>(tiles_of_block), tiles);
  BATON_CUDA(cudaGetLastError());
}

}  // namespace baton::cuda
