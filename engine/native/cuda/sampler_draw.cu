// Sampling, middle part: the draw, and the sample of every row.
//
// A token's weight is exp((logit - largest) / temperature) as a fixed-point number, so that sums
// are exact in any order. weigh_kernel sums counts and weights of a row's tokens over bins of equal
// width in logits, the most likely tokens in bin 0. A cut of the ordered tokens - after top_k of
// them, after a share of the weight, at the draw - then falls into one bin, which pick_kernel
// takes apart digit by digit of the tokens' places until one token is left.
#include <cstdint>

#include "cuda_error.hpp"
#include "philox.hpp"
#include "sampler_rows.cuh"
#include "sampler_weights.cuh"

namespace baton::cuda {
namespace {

constexpr int kWeighThreads = 512;
constexpr int kWeighTokens = 16384;  // of a CTA
constexpr int kPickThreads = 1024;
constexpr int kDigitBits = 11;
constexpr int kListed = 2048;    // most tokens of a bin that shared memory keeps
constexpr int kWeighUnroll = 4;  // groups of four logits in flight a thread
constexpr int kPickUnroll = 2;
static_assert(kBins == 1 << kDigitBits && kBins == 2 * kPickThreads);

__device__ const float* drawn_logits(const SampleJob& job, int index) {
  const float* base = is_adjusted(job.rows[index]) ? job.adjusted : job.logits;
  return base + std::int64_t{index} * job.vocabulary;
}

/// One CTA a stretch (x) of a row (y). Adds to the row's bins.
template <bool kAligned>
__global__ void __launch_bounds__(kWeighThreads) weigh_kernel(SampleJob job) {
  __shared__ Histogram histogram;
  const int index = blockIdx.y;
  const SampleRow& row = job.rows[index];
  if (!is_drawn(row)) return;
  const Summary summary = summarise(job.partials + std::int64_t{index} * job.chunks, job.chunks);
  if (summary.flaw != kNoFlaw) return;
  const Scale scale = scale_of(row.params, summary, job.weight_bits);
  histogram.clear();
  __syncthreads();
  const float* logits = drawn_logits(job, index);
  const int start = blockIdx.x * kWeighTokens + threadIdx.x * 4;
  for (int done = 0; done < kWeighTokens; done += kWeighThreads * 4 * kWeighUnroll) {
    float values[kWeighUnroll][4];
#pragma unroll
    for (int i = 0; i < kWeighUnroll; ++i) {
      load_four<kAligned>(logits, start + done + i * kWeighThreads * 4, job.vocabulary, values[i]);
    }
#pragma unroll
    for (int i = 0; i < kWeighUnroll * 4; ++i) {
      const float logit = values[i / 4][i % 4];
      if (logit >= scale.cutoff) histogram.add(scale.bin(logit), scale.weight(logit));
    }
  }
  __syncthreads();
  const std::int64_t bins = std::int64_t{index} * kBins;
  for (int i = threadIdx.x; i < kBins; i += kWeighThreads) {
    const Sums sums = histogram.at(i);
    if (sums.count == 0) continue;
    atomicAdd(job.bin_counts + bins + i, sums.count);
    atomicAdd(job.bin_weights + bins + i, sums.weight);
  }
}

struct Shared {
  Histogram histogram;
  Word list[kListed];  // places, in any order
  Word lowest;
  Word highest;
  Scale scale;
  Sums warps[kPickThreads / 32];
  Crossing crossing;
  int listed;
  int token;
};

enum class Measure { kCount, kWeight };

__device__ Word measured(const Sums& sums, Measure measure) {
  return measure == Measure::kCount ? sums.count : sums.weight;
}

/// Sums over the bins of all threads before this one, on top of `base`; `total` gets the sum of
/// all without it.
__device__ Share share_of(const Sums& first, const Sums& second, const Sums& base, Shared& shared,
                          Sums& total) {
  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32;
  const Sums own = first + second;
  Sums running = own;
#pragma unroll
  for (int offset = 1; offset < 32; offset *= 2) {
    const Sums other = {__shfl_up_sync(0xffffffff, running.count, offset),
                        __shfl_up_sync(0xffffffff, running.weight, offset)};
    if (lane >= offset) running = running + other;
  }
  if (lane == 31) shared.warps[warp] = running;
  __syncthreads();
  const Sums of_lane = shared.warps[lane];
  total = {warp_sum(of_lane.count), warp_sum(of_lane.weight)};
  const Sums earlier = lane < warp ? of_lane : Sums{0, 0};
  const Sums warps_before = {warp_sum(earlier.count), warp_sum(earlier.weight)};
  return {base + warps_before + running - own, {first, second}};
}

/// The first bin up to which the sum is at least `wanted`, for 0 < wanted <= the sum of all bins.
__device__ Crossing cross(const Share& share, Word wanted, Measure measure, Shared& shared) {
  __syncthreads();  // everyone has read the crossing before
  Sums before = share.before;
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    const Sums after = before + share.bins[i];
    if (measured(before, measure) < wanted && wanted <= measured(after, measure)) {
      shared.crossing = {static_cast<int>(threadIdx.x) * 2 + i, before, share.bins[i]};
    }
    before = after;
  }
  __syncthreads();
  return shared.crossing;
}

/// The draw of one row by a CTA of kPickThreads.
template <bool kAligned>
class Draw {
 public:
  /// Takes the row's bins and leaves them zero.
  __device__ Draw(const float* logits, int vocabulary, std::uint32_t* counts, Word* weights,
                  Shared& shared)
      : logits_(logits), vocabulary_(vocabulary), shared_(shared) {
    const int at = threadIdx.x * 2;
    const Sums first = {counts[at], weights[at]};
    const Sums second = {counts[at + 1], weights[at + 1]};
    counts[at] = counts[at + 1] = 0;
    weights[at] = weights[at + 1] = 0;
    share_ = share_of(first, second, {0, 0}, shared, total_);
  }

  __device__ int token(const baton_sampling& params, std::int64_t position) {
    Word total = total_.weight;
    if (params.top_k > 0 && static_cast<std::uint32_t>(params.top_k) < total_.count) {
      total = weight_up_to(static_cast<Word>(params.top_k), Measure::kCount);
    }
    if (params.top_p < 1) {
      const double wanted = double{params.top_p} * __ull2double_rn(total);
      total = weight_up_to(__double2ull_ru(wanted), Measure::kWeight);
    }
    const Word bits = uniform_bits(params.seed, static_cast<std::uint64_t>(position));
    const Word uniform = (2 * bits + 1) << 11;  // of 2^64
    find(__umul64hi(uniform, total) + 1, Measure::kWeight);
    each_in_bin([&](Word place) {
      if (place >> bits_ == prefix_) shared_.token = id_of(place);
    });
    __syncthreads();
    return shared_.token;
  }

 private:
  /// Weight of the tokens up to the one where the sum reaches `wanted`, that one included.
  __device__ Word weight_up_to(Word wanted, Measure measure) {
    const Crossing at = find(wanted, measure);
    return at.before.weight + at.inside.weight;
  }

  /// Finds the first token up to which the sum is at least `wanted`. Afterwards it is the only one
  /// in the bin whose place begins, above the lowest bits_ bits, with prefix_.
  __device__ Crossing find(Word wanted, Measure measure) {
    Crossing at = cross(share_, wanted, measure, shared_);
    collect(at.bin, at.inside.count);
    bits_ = 64 - __clzll(static_cast<long long>(shared_.lowest ^ shared_.highest));
    prefix_ = shared_.lowest >> bits_;
    while (at.inside.count > 1 && bits_ > 0) {
      const int shift = max(bits_ - kDigitBits, 0);
      const Word first = prefix_ << (bits_ - shift);
      shared_.histogram.clear();
      __syncthreads();
      each_in_bin([&](Word place) {
        if (place >> bits_ != prefix_) return;
        const int digit = static_cast<int>((place >> shift) - first);
        shared_.histogram.add(digit, shared_.scale.weight(logit_of(place)));
      });
      __syncthreads();
      const int own = threadIdx.x * 2;
      Sums total;
      const Share share = share_of(shared_.histogram.at(own), shared_.histogram.at(own + 1),
                                   at.before, shared_, total);
      at = cross(share, wanted, measure, shared_);
      prefix_ = first + static_cast<Word>(at.bin);
      bits_ = shift;
    }
    return at;
  }

  /// Makes `bin` the one that each_in_bin walks: from shared memory if its `count` tokens fit.
  __device__ void collect(int bin, std::uint32_t count) {
    if (bin == bin_) return;
    __syncthreads();
    if (threadIdx.x == 0) {
      shared_.listed = 0;
      shared_.lowest = ~Word{0};
      shared_.highest = 0;
    }
    __syncthreads();
    bin_ = bin;
    is_listed_ = count <= kListed;
    Word lowest = ~Word{0};
    Word negative_highest = ~Word{0};
    scan([&](Word place) {
      lowest = min(lowest, place);
      negative_highest = min(negative_highest, ~place);
      if (is_listed_) shared_.list[atomicAdd(&shared_.listed, 1)] = place;
    });
    lowest = warp_min(lowest);
    const Word highest = ~warp_min(negative_highest);
    if (threadIdx.x % 32 == 0) {
      atomicMin(&shared_.lowest, lowest);
      atomicMax(&shared_.highest, highest);
    }
    __syncthreads();
  }

  template <class Use>
  __device__ void each_in_bin(Use use) {
    if (!is_listed_) return scan(use);
    for (int i = threadIdx.x; i < shared_.listed; i += kPickThreads) use(shared_.list[i]);
  }

  /// Calls use(place) for the tokens of the row that are in the bin.
  template <class Use>
  __device__ void scan(Use use) {
    constexpr int kStride = kPickThreads * 4;
    const Scale scale = shared_.scale;
    for (int start = threadIdx.x * 4; start < vocabulary_; start += kStride * kPickUnroll) {
      float values[kPickUnroll][4];
#pragma unroll
      for (int i = 0; i < kPickUnroll; ++i) {
        load_four<kAligned>(logits_, start + i * kStride, vocabulary_, values[i]);
      }
#pragma unroll
      for (int i = 0; i < kPickUnroll * 4; ++i) {
        const float logit = values[i / 4][i % 4];
        if (logit >= scale.cutoff && scale.bin(logit) == bin_) {
          use(place_of(logit, start + i / 4 * kStride + i % 4));
        }
      }
    }
  }

  const float* logits_;
  int vocabulary_;
  Shared& shared_;
  Share share_;
  Sums total_;
  int bin_ = -1;
  bool is_listed_ = false;
  int bits_ = 0;
  Word prefix_ = 0;
};

/// The sample of a row but for its alternatives, and the flaw. By one thread.
__device__ void write_sample(const SampleJob& job, int index, const Summary& summary, int token) {
  const bool sound = summary.flaw == kNoFlaw;
  const double logit = job.logits[std::int64_t{index} * job.vocabulary + token];
  baton_sample& out = job.samples[index];
  out.token = token;
  out.logprob = sound ? static_cast<float>(logit - summary.normaliser) : NAN;
  out.top_count = sound ? min(job.rows[index].params.top_logprobs, job.vocabulary) : 0;
  job.flaws[index].token = summary.flaw;
}

/// One warp a row.
__global__ void __launch_bounds__(32) likeliest_kernel(SampleJob job) {
  const int index = blockIdx.x;
  const Summary summary = summarise(job.partials + std::int64_t{index} * job.chunks, job.chunks);
  if (threadIdx.x != 0) return;
  write_sample(job, index, summary, summary.flaw == kNoFlaw ? id_of(summary.best) : 0);
}

/// One CTA a row.
template <bool kAligned>
__global__ void __launch_bounds__(kPickThreads) pick_kernel(SampleJob job) {
  __shared__ Shared shared;
  const int index = blockIdx.x;
  const SampleRow& row = job.rows[index];
  const Summary summary = summarise(job.partials + std::int64_t{index} * job.chunks, job.chunks);
  int token = 0;
  if (summary.flaw == kNoFlaw) {
    token = id_of(summary.best);
    if (is_drawn(row)) {
      if (threadIdx.x == 0) {
        shared.scale = scale_of(row.params, summary, job.weight_bits);
        shared.token = token;
        shared.crossing = {0, {0, 0}, {0, 0}};
      }
      const std::int64_t bins = std::int64_t{index} * kBins;
      Draw<kAligned> draw(drawn_logits(job, index), job.vocabulary, job.bin_counts + bins,
                          job.bin_weights + bins, shared);
      token = draw.token(row.params, row.position);
    }
  }
  if (threadIdx.x == 0) write_sample(job, index, summary, token);
}

}  // namespace

void enqueue_likeliest(const SampleJob& job, int count, cudaStream_t stream) {
  likeliest_kernel<<<static_cast<unsigned>(count), 32, 0, stream>>>(job);
  BATON_CUDA(cudaGetLastError());
}

void enqueue_draw(const SampleJob& job, int count, bool aligned, cudaStream_t stream) {
  const auto rows = static_cast<unsigned>(count);
  const auto weigh = aligned ? weigh_kernel<true> : weigh_kernel<false>;
  const dim3 grid(static_cast<unsigned>((job.vocabulary + kWeighTokens - 1) / kWeighTokens), rows);
  weigh<<<grid, kWeighThreads, 0, stream>>>(job);
  BATON_CUDA(cudaGetLastError());
  const auto pick = aligned ? pick_kernel<true> : pick_kernel<false>;
  pick<<<rows, kPickThreads, 0, stream>>>(job);
  BATON_CUDA(cudaGetLastError());
}

}  // namespace baton::cuda
