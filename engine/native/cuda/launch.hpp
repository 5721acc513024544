// Launching kernels so that each begins while the one before it ends (programmatic dependent
// launch: CUDA C++ Programming Guide; PTX ISA 9.0, "griddepcontrol").
//
// A kernel launched here may start before its predecessor in the stream has finished. It must
//  - call `dependency_wait` in every CTA, also in one that has nothing to do: the wait of the next
//    kernel answers for all earlier ones only because each of them waited;
//  - call `dependents_launch` where CTAs of the next kernel may take places beside its own; a CTA
//    that ends without it has called it;
//  - read and write, before `dependency_wait`, nothing that any kernel before it touches: only what
//    never changes, such as weights, and what the host copied before the step's first kernel.
//    `ld.global.nc` is for memory that never changes alone.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <utility>

#include "cuda_error.hpp"
#include "device.hpp"

namespace baton::cuda {

/// Whether the device of the calling thread lets kernels overlap like that (Hopper and later).
inline bool has_dependent_launch() {
  static const bool has = [] {
    return architecture() >= 9;
  }();
  return has;
}

/// Enqueues kernel(arguments...) with `shared` bytes of dynamic shared memory.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t shared,
            cudaStream_t stream, Arguments&&... arguments) {
  constexpr std::size_t kWithoutAsking = std::size_t{48} << 10;
  if (shared > kWithoutAsking) {
    BATON_CUDA(cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                                    cudaFuncAttributeMaxDynamicSharedMemorySize,
                                    static_cast<int>(shared)));
  }
  cudaLaunchAttribute overlap{};
  overlap.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  overlap.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = shared;
  config.stream = stream;
  config.attrs = &overlap;
  config.numAttrs = has_dependent_launch() ? 1 : 0;
  BATON_CUDA(cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...));
}

#ifdef __CUDACC__
/// Lets the next kernel of the stream start once every CTA of this one has got here or has ended.
__device__ inline void dependents_launch() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

/// Waits until the kernels before this one have finished and all they wrote is visible.
__device__ inline void dependency_wait() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}
#endif

}  // namespace baton::cuda
