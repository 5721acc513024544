// Weights of tokens as fixed-point numbers, and sums of them by bins.
#pragma once

#include <cstdint>

#include "sampler_rows.cuh"

namespace baton::cuda {

struct Sums {
  std::uint32_t count;
  Word weight;

  __device__ Sums operator+(const Sums& other) const {
    return {count + other.count, weight + other.weight};
  }
  __device__ Sums operator-(const Sums& other) const {
    return {count - other.count, weight - other.weight};
  }
};

/// Counts and weights in shared memory, where only atomics of 32 bits are fast.
struct Histogram {
  std::uint32_t counts[kBins];
  std::uint32_t low[kBins];
  std::uint32_t high[kBins];

  __device__ void clear() {
    for (int i = threadIdx.x; i < kBins; i += blockDim.x) counts[i] = low[i] = high[i] = 0;
  }

  __device__ void add(int bin, Word weight) {
    atomicAdd(&counts[bin], 1U);
    const auto part = static_cast<std::uint32_t>(weight);
    const std::uint32_t before = atomicAdd(&low[bin], part);
    const std::uint32_t carry = part > ~before ? 1 : 0;
    const std::uint32_t more = static_cast<std::uint32_t>(weight >> 32) + carry;
    if (more != 0) atomicAdd(&high[bin], more);
  }

  __device__ Sums at(int bin) const { return {counts[bin], Word{high[bin]} << 32 | low[bin]}; }
};

/// How a row turns logits into weights and bins.
struct Scale {
  float largest;
  float cutoff;  // below it: no token, less than min_p, or a weight that rounds to 0
  float bins_per_logit;
  double inverse_temperature;
  double one;  // the weight 1.0

  __device__ Word weight(float logit) const {
    const double x = __dmul_rn(double{logit} - largest, inverse_temperature);
    return __double2ull_rn(exp(x) * one);
  }

  /// For a logit of at least `cutoff`; the same or a later bin for a smaller one.
  __device__ int bin(float logit) const {
    const float bins = __fmul_rn(__fsub_rn(largest, logit), bins_per_logit);
    return static_cast<int>(fminf(bins, kBins - 1));
  }
};

/// `weight_bits` as in SampleJob.
__device__ inline Scale scale_of(const baton_sampling& params, const Summary& summary,
                                 int weight_bits) {
  constexpr double kLogOf2 = 0.693147180559945309;
  constexpr double kLargestFloat = 3.402823466e38;
  const float largest = logit_of(summary.best);
  const double temperature = params.temperature;
  double threshold = fmax(double{summary.least},
                          largest - (weight_bits + 1) * kLogOf2 * temperature);
  if (params.min_p > 0) {
    const double in_logits = __dmul_rn(log(double{params.min_p}), temperature);
    threshold = fmax(threshold, __dadd_rn(largest, in_logits));
  }
  const double bins_per_logit = fmin(kBins / (largest - threshold), kLargestFloat);
  return {largest, __double2float_ru(threshold), static_cast<float>(bins_per_logit),
          1 / temperature, static_cast<double>(Word{1} << weight_bits)};
}

/// Two neighbouring bins of a histogram, a thread's share, and the sums over all bins before them.
struct Share {
  Sums before;
  Sums bins[2];
};

/// The bin in which a running sum reaches what is wanted.
struct Crossing {
  int bin;
  Sums before;
  Sums inside;
};

}  // namespace baton::cuda
