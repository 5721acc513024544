// What the kernels' host code asks of the current device.
#pragma once

#include <cuda_runtime.h>

#include "cuda_error.hpp"

namespace baton::cuda {

inline int device_attribute(cudaDeviceAttr attribute) {
  int device = 0;
  int value = 0;
  BATON_CUDA(cudaGetDevice(&device));
  BATON_CUDA(cudaDeviceGetAttribute(&value, attribute, device));
  return value;
}

inline int multiprocessors() { return device_attribute(cudaDevAttrMultiProcessorCount); }

/// Major compute capability: 9 is Hopper, whose warpgroup products later devices do not have.
inline int architecture() { return device_attribute(cudaDevAttrComputeCapabilityMajor); }
inline bool is_hopper() { return architecture() == 9; }

}  // namespace baton::cuda
