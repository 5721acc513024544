// Failed CUDA calls become a Failure that names file, line and call.
#pragma once

#include <cuda_runtime.h>

#include <string>

#include "error.hpp"

namespace baton::cuda {

inline void check_call(cudaError_t status, const char* call, const char* file, int line) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // an error that is not sticky ends here
  throw Failure(status == cudaErrorMemoryAllocation ? BATON_OUT_OF_MEMORY : BATON_INTERNAL,
                std::string(file) + ":" + std::to_string(line) + ": " + call + ": " +
                    cudaGetErrorString(status));
}

}  // namespace baton::cuda

#define BATON_CUDA(call) ::baton::cuda::check_call((call), #call, __FILE__, __LINE__)
