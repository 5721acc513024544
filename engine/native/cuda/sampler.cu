// Sampling, first part: counts of the history, and one scan of the logits that applies penalties
// and mask and finds the most likely token and the normaliser of the log probabilities.
#include "sampler.hpp"

#include <bit>
#include <string>

#include "cuda_error.hpp"
#include "sampler_rows.cuh"

namespace baton::cuda {
namespace {

constexpr int kCountCtas = 16;  // a row
constexpr int kCountThreads = 256;
constexpr int kScanThreads = 256;
constexpr int kScanWarps = kScanThreads / 32;
constexpr int kFours = kChunk / kScanThreads / 4;  // groups of four logits of a thread
constexpr int kMaxVocabulary = 1 << 20;

/// Occurrences as in core/sampling.cpp: lowest bit: seen at all; the rest: times in the output.
__global__ void __launch_bounds__(kCountThreads) count_kernel(SampleJob job) {
  const SampleRow& row = job.rows[blockIdx.y];
  if (row.history_offset < 0) return;
  const std::int32_t* history = job.histories + row.history_offset;
  std::int32_t* occurrences = job.occurrences + std::int64_t{blockIdx.y} * job.vocabulary;
  const int length = row.history_length;
  const int prompt = row.params.prompt_length;
  for (int i = blockIdx.x * kCountThreads + threadIdx.x; i < length;
       i += kCountCtas * kCountThreads) {
    std::int32_t* counter = occurrences + history[i];
    if (i < prompt) {
      atomicOr(counter, 1);
    } else {
      atomicAdd(counter, 2);
    }
  }
}

__device__ float saturated(float value) {
  constexpr float largest = 3.402823466e38F;
  return fminf(fmaxf(value, -largest), largest);
}

/// Rounds each operation as the host does: no fused multiply-add.
__device__ float penalised(float logit, int occurrences, const baton_sampling& params) {
  if (occurrences == 0 || logit == kMinusInfinity) return logit;
  logit = saturated(logit > 0 ? __fdiv_rn(logit, params.repetition_penalty)
                              : __fmul_rn(logit, params.repetition_penalty));
  if (occurrences < 2) return logit;
  const float in_output = static_cast<float>(occurrences >> 1);
  const float penalty = saturated(
      __fadd_rn(params.presence_penalty, __fmul_rn(params.frequency_penalty, in_output)));
  return saturated(__fsub_rn(logit, penalty));
}

/// A thread's part of a chunk: groups of four logits, kScanThreads groups apart.
struct Piece {
  int first;  // id of the first logit
  float values[kFours][4];

  __device__ int id(int group, int i) const { return first + group * kScanThreads * 4 + i; }

  template <bool kAligned>
  __device__ void load(const float* row, int vocabulary) {
#pragma unroll
    for (int group = 0; group < kFours; ++group) {
      load_four<kAligned>(row, id(group, 0), vocabulary, values[group]);
    }
  }

  __device__ Word best() const {
    float logit = kMinusInfinity;
    int token = first;
#pragma unroll
    for (int group = 0; group < kFours; ++group) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        if (!(values[group][i] > logit)) continue;
        logit = values[group][i];
        token = id(group, i);
      }
    }
    return place_of(logit, token);
  }

  /// Smallest finite logit, +infinity: none.
  __device__ float least() const {
    float smallest = INFINITY;
#pragma unroll
    for (int group = 0; group < kFours; ++group) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const float logit = values[group][i];
        if (logit > kMinusInfinity) smallest = min(smallest, logit);
      }
    }
    return smallest;
  }

  /// Lowest id of a logit that is NaN or +infinity.
  __device__ int bad() const {
    int lowest = INT_MAX;
#pragma unroll
    for (int group = 0; group < kFours; ++group) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        if (!(values[group][i] < INFINITY)) lowest = min(lowest, id(group, i));
      }
    }
    return lowest;
  }

  __device__ float sum_of_exp(float largest) const {
    const float shift = largest == kMinusInfinity ? 0 : largest;
    float sum = 0;
#pragma unroll
    for (int group = 0; group < kFours; ++group) {
#pragma unroll
      for (int i = 0; i < 4; ++i) sum += __expf(values[group][i] - shift);
    }
    return sum;
  }
};

/// Applies penalties and mask. Takes the occurrences back to zero; stores the logits if they are
/// needed again.
template <bool kAligned>
__device__ void adjust(const SampleJob& job, const SampleRow& row, Piece& piece) {
  const std::int64_t offset = std::int64_t{blockIdx.y} * job.vocabulary;
  const std::uint32_t* mask =
      row.mask_row < 0 ? nullptr
                       : job.masks + std::int64_t{row.mask_row} * ((job.vocabulary + 31) / 32);
#pragma unroll
  for (int group = 0; group < kFours; ++group) {
    const int first = piece.id(group, 0);
    if (first >= job.vocabulary) break;
    float(&values)[4] = piece.values[group];
    const std::uint32_t allowed = mask == nullptr ? 0xf : mask[first / 32] >> first % 32;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if (first + i >= job.vocabulary) break;
      if (row.history_offset >= 0) {
        std::int32_t& occurrences = job.occurrences[offset + first + i];
        values[i] = penalised(values[i], occurrences, row.params);
        if (occurrences != 0) occurrences = 0;
      }
      if ((allowed >> i & 1) == 0) values[i] = kMinusInfinity;
    }
    if (!is_drawn(row)) continue;
    float* to = job.adjusted + offset + first;
    if constexpr (kAligned) {
      *reinterpret_cast<float4*>(to) = {values[0], values[1], values[2], values[3]};
    } else {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        if (first + i < job.vocabulary) to[i] = values[i];
      }
    }
  }
}

/// One CTA a chunk (x) of a row (y).
template <bool kAligned>
__global__ void __launch_bounds__(kScanThreads) scan_kernel(SampleJob job) {
  __shared__ Word shared_raw[kScanWarps];
  __shared__ Word shared_best[kScanWarps];
  __shared__ float shared_least[kScanWarps];
  __shared__ float shared_sum[kScanWarps];
  __shared__ int shared_bad[kScanWarps];
  const SampleRow& row = job.rows[blockIdx.y];
  const bool leads = threadIdx.x % 32 == 0;
  const int warp = threadIdx.x / 32;

  Piece piece;
  piece.first = blockIdx.x * kChunk + threadIdx.x * 4;
  piece.load<kAligned>(job.logits + std::int64_t{blockIdx.y} * job.vocabulary, job.vocabulary);
  const Word warp_raw = warp_min(piece.best());
  if (leads) shared_raw[warp] = warp_raw;
  __syncthreads();
  Word raw_best = ~Word{0};
  for (int i = 0; i < kScanWarps; ++i) raw_best = min(raw_best, shared_raw[i]);

  const float warp_exp = warp_sum(piece.sum_of_exp(logit_of(raw_best)));
  const int warp_bad = warp_min(piece.bad());
  const bool adjusted = is_adjusted(row);
  if (adjusted) adjust<kAligned>(job, row, piece);
  const Word warp_best = adjusted ? warp_min(piece.best()) : warp_raw;
  const float warp_least = warp_min(piece.least());
  if (leads) {
    shared_sum[warp] = warp_exp;
    shared_bad[warp] = warp_bad;
    shared_best[warp] = warp_best;
    shared_least[warp] = warp_least;
  }
  __syncthreads();
  if (threadIdx.x != 0) return;
  Partial out = {shared_best[0], raw_best, shared_least[0], shared_sum[0], shared_bad[0]};
  for (int i = 1; i < kScanWarps; ++i) {
    out.best = min(out.best, shared_best[i]);
    out.least = min(out.least, shared_least[i]);
    out.sum += shared_sum[i];
    out.bad = min(out.bad, shared_bad[i]);
  }
  job.partials[std::int64_t{blockIdx.y} * job.chunks + blockIdx.x] = out;
}

}  // namespace

Sampler::Sampler(int max_rows, int vocabulary)
    : max_rows_(max_rows), vocabulary_(vocabulary), chunks_((vocabulary + kChunk - 1) / kChunk) {
  require(max_rows > 0 && vocabulary > 0, "a sampler needs rows and a vocabulary");
  require(vocabulary <= kMaxVocabulary,
          "a vocabulary may have at most " + std::to_string(kMaxVocabulary) + " tokens");
  const auto rows = static_cast<std::size_t>(max_rows);
  occurrences_ = DeviceBuffer<std::int32_t>(rows * vocabulary);
  adjusted_ = DeviceBuffer<float>(rows * vocabulary);
  partials_ = DeviceBuffer<Partial>(rows * chunks_);
  bin_counts_ = DeviceBuffer<std::uint32_t>(rows * kBins);
  bin_weights_ = DeviceBuffer<Word>(rows * kBins);
  BATON_CUDA(cudaMemset(occurrences_.data(), 0, occurrences_.bytes()));
  BATON_CUDA(cudaMemset(bin_counts_.data(), 0, bin_counts_.bytes()));
  BATON_CUDA(cudaMemset(bin_weights_.data(), 0, bin_weights_.bytes()));
}

void Sampler::run(const float* logits, const SampleRow* rows, const SampleNeeds& needs,
                  const std::int32_t* histories, const std::uint32_t* masks, int count,
                  baton_sample* samples, SampleFlaw* flaws, cudaStream_t stream) {
  require(count >= 0 && count <= max_rows_, "more rows than the sampler was made for");
  require(reinterpret_cast<std::uintptr_t>(logits) % 16 == 0, "logits must be 16-byte aligned");
  if (count == 0) return;
  const SampleJob job = {
      .logits = logits,
      .rows = rows,
      .histories = histories,
      .masks = masks,
      .vocabulary = vocabulary_,
      .chunks = chunks_,
      .weight_bits = 63 - static_cast<int>(std::bit_width(static_cast<unsigned>(vocabulary_ - 1))),
      .occurrences = occurrences_.data(),
      .adjusted = adjusted_.data(),
      .partials = partials_.data(),
      .bin_counts = bin_counts_.data(),
      .bin_weights = bin_weights_.data(),
      .samples = samples,
      .flaws = flaws};
  const auto count_rows = static_cast<unsigned>(count);
  const bool aligned = vocabulary_ % 4 == 0;
  if (needs.history) {
    count_kernel<<<dim3(kCountCtas, count_rows), kCountThreads, 0, stream>>>(job);
    BATON_CUDA(cudaGetLastError());
  }
  const auto scan = aligned ? scan_kernel<true> : scan_kernel<false>;
  scan<<<dim3(static_cast<unsigned>(chunks_), count_rows), kScanThreads, 0, stream>>>(job);
  BATON_CUDA(cudaGetLastError());
  if (needs.draw) {
    enqueue_draw(job, count, aligned, stream);
  } else {
    enqueue_likeliest(job, count, stream);
  }
  if (needs.alternatives) enqueue_top(job, count, aligned, stream);
}

}  // namespace baton::cuda
