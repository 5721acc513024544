// From logits to tokens on the device: what core/sampling.hpp does for one row, for a batch.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "baton_engine.h"
#include "device_buffer.hpp"

namespace baton::cuda {

/// How to sample one row, as the kernels read it from device memory. The parameters have passed
/// baton::check.
struct SampleRow {
  baton_sampling params;
  std::int64_t position;        // of the token to sample
  std::int32_t history_offset;  // of the row's first token in `histories`, -1: no penalties
  std::int32_t history_length;
  std::int32_t mask_row;  // row of `masks`, -1: all tokens are allowed
  std::int32_t reserved;
};

/// Whether the token of a row is drawn; otherwise it is the most likely one.
__host__ __device__ inline bool is_drawn(const SampleRow& row) {
  return row.params.temperature > 0 && row.params.top_k != 1;
}

/// What the rows of a batch ask for beyond their most likely tokens; the rest is not launched.
struct SampleNeeds {
  bool history = false;
  bool draw = false;
  bool alternatives = false;

  void add(const SampleRow& row) {
    history |= row.history_offset >= 0;
    draw |= is_drawn(row);
    alternatives |= row.params.top_logprobs > 0;
  }
};

/// What is wrong with a row's logits; baton::fail_sampling turns it into a failure.
struct SampleFlaw {
  std::int32_t token;  // a baton::SamplingFlaw, or the lowest id whose logit is not finite
};

struct Partial;  // result of a chunk of a row, see sampler_rows.cuh

/// Samples up to `max_rows` rows of `vocabulary` logits at once (at most 1,048,576). Owns the
/// working memory: 8 bytes a logit and 24 KB a row. One run at a time.
///
/// Results are a pure function of the inputs: all sums whose order is left to chance are of
/// integers. They equal baton::sample except where the draw, or a cut of min-p or top-p, falls
/// within rounding (1e-9 of the probability) of the edge between two tokens.
class Sampler {
 public:
  Sampler(int max_rows, int vocabulary);

  /// Everything is device memory. logits [count][vocabulary], 16-byte aligned, are not changed.
  /// `histories` holds token ids at [history_offset, history_offset + history_length) of a row;
  /// `masks` [rows][ceil(vocabulary / 32)] holds a bit an allowed token, lowest bit first. Either
  /// may be null where no row refers to it.
  ///
  /// Writes samples [count] and flaws [count]. A row with a flaw gets token 0, so that a step that
  /// runs ahead reads a valid id, and NaN as its log probability. Of the alternatives only the
  /// first top_count are written.
  ///
  /// Enqueues on `stream` and returns; what is launched depends on the arguments and not on the
  /// rows, so a CUDA graph may capture it. `needs` is at least what the rows need. Launch errors
  /// surface as Failure.
  void run(const float* logits, const SampleRow* rows, const SampleNeeds& needs,
           const std::int32_t* histories, const std::uint32_t* masks, int count,
           baton_sample* samples, SampleFlaw* flaws, cudaStream_t stream);

 private:
  int max_rows_;
  int vocabulary_;
  int chunks_;
  DeviceBuffer<std::int32_t> occurrences_;  // [row][vocabulary], zero between runs
  DeviceBuffer<float> adjusted_;            // [row][vocabulary], logits after penalties and mask
  DeviceBuffer<Partial> partials_;          // [row][chunk]
  DeviceBuffer<std::uint32_t> bin_counts_;  // [row][bin], zero between runs
  DeviceBuffer<unsigned long long> bin_weights_;  // likewise
};

}  // namespace baton::cuda
