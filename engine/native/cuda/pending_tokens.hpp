// Tokens that the host does not know yet when it enqueues a step.
#pragma once

#include <cuda_runtime.h>

#include "sampler.hpp"

namespace baton::cuda {

/// The last entry of each row's history, where it is below 0, becomes samples[-1 - entry].token.
/// `histories` is written.
void resolve_histories(const SampleRow* rows, int count, const baton_sample* samples,
                       std::int32_t* histories, cudaStream_t stream);

}  // namespace baton::cuda
