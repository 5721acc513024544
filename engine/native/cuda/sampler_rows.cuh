// What the sampling kernels share: rows of logits, their order, and the results of chunks.
#pragma once

#include <cuda_runtime.h>

#include <climits>
#include <cmath>
#include <cstdint>

#include "sampler.hpp"
#include "sampling.hpp"

namespace baton::cuda {

using Word = unsigned long long;  // 64 bits, as the atomics want them

constexpr int kChunk = 4096;  // tokens that one CTA scans
constexpr int kBins = 2048;   // of a row's histogram of weights
constexpr int kIdBits = 23;
constexpr float kMinusInfinity = -INFINITY;

/// Result of scanning one chunk of a row.
struct Partial {
  Word best;      // lowest place of the logits after penalties and mask
  Word raw_best;  // lowest place of the raw ones
  float least;    // smallest finite logit after penalties and mask, +infinity: none
  float sum;      // of exp(logit - the largest of the chunk), raw
  int bad;        // lowest id with a logit that is NaN or +infinity, INT_MAX: none
};

/// Arguments of a run, for all of its kernels.
struct SampleJob {
  const float* logits;
  const SampleRow* rows;
  const std::int32_t* histories;
  const std::uint32_t* masks;
  int vocabulary;
  int chunks;
  int weight_bits;  // 1.0 as a fixed-point weight is 2^weight_bits; a row's sum fits 63 bits
  std::int32_t* occurrences;
  float* adjusted;
  Partial* partials;
  std::uint32_t* bin_counts;
  Word* bin_weights;
  baton_sample* samples;
  SampleFlaw* flaws;
};

/// Whether a row's logits differ from the raw ones.
__device__ inline bool is_adjusted(const SampleRow& row) {
  return row.history_offset >= 0 || row.mask_row >= 0;
}

/// Position of a token in its row's order: ascending places are descending logits, equal ones by
/// ascending id. Bits: 32 of the logit, 23 of the id.
__device__ inline Word place_of(float logit, int id) {
  const std::uint32_t bits = __float_as_uint(logit + 0.0F);  // -0 equals 0
  const std::uint32_t descending = bits >> 31 != 0 ? bits : ~bits & 0x7fffffffU;
  return Word{descending} << kIdBits | static_cast<Word>(id);
}

__device__ inline int id_of(Word place) {
  return static_cast<int>(place & ((Word{1} << kIdBits) - 1));
}

__device__ inline float logit_of(Word place) {
  const auto descending = static_cast<std::uint32_t>(place >> kIdBits);
  return __uint_as_float(descending >> 31 != 0 ? descending : ~descending & 0x7fffffffU);
}

/// Four logits from `first` on, a multiple of 4; behind the row's end they are -infinity.
/// kAligned: rows begin at 16 bytes and are a multiple of 4 long.
template <bool kAligned>
__device__ inline void load_four(const float* row, int first, int vocabulary, float (&out)[4]) {
  if constexpr (kAligned) {
    float4 four = {kMinusInfinity, kMinusInfinity, kMinusInfinity, kMinusInfinity};
    if (first < vocabulary) four = __ldg(reinterpret_cast<const float4*>(row + first));
    out[0] = four.x;
    out[1] = four.y;
    out[2] = four.z;
    out[3] = four.w;
  } else {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      out[i] = first + i < vocabulary ? __ldg(row + first + i) : kMinusInfinity;
    }
  }
}

template <class T>
__device__ inline T warp_min(T value) {
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2) {
    value = min(value, __shfl_xor_sync(0xffffffff, value, offset));
  }
  return value;
}

template <class T>
__device__ inline T warp_sum(T value) {
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(0xffffffff, value, offset);
  }
  return value;
}

/// What a row's partial results say together.
struct Summary {
  Word best;
  float least;        // as in Partial
  double normaliser;  // log of the sum of exp(raw logit)
  int flaw;           // as in SampleFlaw
};

/// For a whole warp; every lane gets the result.
__device__ inline Summary summarise(const Partial* partials, int chunks) {
  const int lane = threadIdx.x % 32;
  Word best = ~Word{0};
  Word raw_best = ~Word{0};
  float least = INFINITY;
  int bad = INT_MAX;
  for (int i = lane; i < chunks; i += 32) {
    best = min(best, partials[i].best);
    raw_best = min(raw_best, partials[i].raw_best);
    least = min(least, partials[i].least);
    bad = min(bad, partials[i].bad);
  }
  best = warp_min(best);
  bad = warp_min(bad);
  const double largest = logit_of(warp_min(raw_best));
  double sum = 0;
  for (int i = lane; i < chunks; i += 32) {
    const Partial& partial = partials[i];
    if (partial.sum > 0) sum += partial.sum * exp(logit_of(partial.raw_best) - largest);
  }
  int flaw = kNoFlaw;
  if (logit_of(best) == kMinusInfinity) flaw = kNoneAllowed;
  if (largest == kMinusInfinity) flaw = kAllMinusInfinity;
  if (bad != INT_MAX) flaw = bad;
  return {best, warp_min(least), largest + log(warp_sum(sum)), flaw};
}

/// Enqueue the parts of a run that come after the scan; see their files. One of the first two.
void enqueue_likeliest(const SampleJob& job, int count, cudaStream_t stream);
void enqueue_draw(const SampleJob& job, int count, bool aligned, cudaStream_t stream);
void enqueue_top(const SampleJob& job, int count, bool aligned, cudaStream_t stream);

}  // namespace baton::cuda
