// Sampling, last part: the most likely tokens of the rows that ask for them, with their log
// probabilities.
#include "cuda_error.hpp"
#include "sampler_rows.cuh"

namespace baton::cuda {
namespace {

constexpr int kTopThreads = kChunk / 4;
constexpr int kTopWarps = kTopThreads / 32;
constexpr int kMaxChunks = 256;

/// One CTA a row. Takes the best token top_logprobs times, each time from the chunk whose best
/// token is the best of all, and then looks for the next best one of that chunk.
template <bool kAligned>
__global__ void __launch_bounds__(kTopThreads) top_kernel(SampleJob job) {
  __shared__ Word best[kMaxChunks];
  __shared__ Word shared[kTopWarps];
  const std::int64_t index = blockIdx.x;
  const int wanted = min(job.rows[index].params.top_logprobs, job.vocabulary);
  if (wanted == 0) return;
  const Partial* partials = job.partials + index * job.chunks;
  const Summary summary = summarise(partials, job.chunks);
  if (summary.flaw != kNoFlaw) return;
  for (int i = threadIdx.x; i < job.chunks; i += kTopThreads) best[i] = partials[i].raw_best;
  __syncthreads();

  const int lane = threadIdx.x % 32;
  const float* row = job.logits + index * job.vocabulary;
  baton_sample& out = job.samples[index];
  for (int taken = 0; taken < wanted; ++taken) {
    Word winner = ~Word{0};
    for (int i = lane; i < job.chunks; i += 32) winner = min(winner, best[i]);
    winner = warp_min(winner);
    if (threadIdx.x == 0) {
      out.top_tokens[taken] = id_of(winner);
      out.top_logprobs[taken] =
          static_cast<float>(double{logit_of(winner)} - summary.normaliser);
    }
    const int chunk = id_of(winner) / kChunk;
    const int first = chunk * kChunk + threadIdx.x * 4;
    float values[4];
    load_four<kAligned>(row, first, job.vocabulary, values);
    Word next = ~Word{0};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const Word place = place_of(values[i], first + i);
      if (place > winner) next = min(next, place);
    }
    next = warp_min(next);
    if (lane == 0) shared[threadIdx.x / 32] = next;
    __syncthreads();  // `best` has been read, `shared` is complete
    if (threadIdx.x < 32) {
      const Word least = warp_min(shared[lane]);
      if (lane == 0) best[chunk] = least;
    }
    __syncthreads();
  }
}

}  // namespace

void enqueue_top(const SampleJob& job, int count, bool aligned, cudaStream_t stream) {
  const auto top = aligned ? top_kernel<true> : top_kernel<false>;
  top<<<static_cast<unsigned>(count), kTopThreads, 0, stream>>>(job);
  BATON_CUDA(cudaGetLastError());
}

}  // namespace baton::cuda
