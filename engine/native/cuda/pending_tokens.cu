#include "cuda_error.hpp"
#include "pending_tokens.hpp"

namespace baton::cuda {
namespace {

constexpr int kThreads = 128;

__global__ void resolve_kernel(const SampleRow* rows, int count, const baton_sample* samples,
                               std::int32_t* histories) {
  const int i = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  if (i >= count || rows[i].history_offset < 0) return;
  std::int32_t& last = histories[rows[i].history_offset + rows[i].history_length - 1];
  if (last < 0) last = samples[-1 - last].token;
}

}  // namespace

void resolve_histories(const SampleRow* rows, int count, const baton_sample* samples,
                       std::int32_t* histories, cudaStream_t stream) {
  resolve_kernel<<<(count + kThreads - 1) / kThreads, kThreads, 0, stream>>>(rows, count, samples,
                                                                             histories);
  BATON_CUDA(cudaGetLastError());
}

}  // namespace baton::cuda
