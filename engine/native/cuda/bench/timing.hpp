// Medians of device time.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <vector>

#include "cuda_error.hpp"

namespace baton::bench {

/// Median milliseconds of `run` over `repeats`, after a warm-up, by events.
template <class Run>
double median_ms(Run&& run, int repeats = 30, int warm_up = 5) {
  for (int i = 0; i < warm_up; ++i) run();
  std::vector<cudaEvent_t> events(static_cast<std::size_t>(repeats) + 1);
  for (auto& event : events) BATON_CUDA(cudaEventCreate(&event));
  BATON_CUDA(cudaEventRecord(events[0]));
  for (int i = 0; i < repeats; ++i) {
    run();
    BATON_CUDA(cudaEventRecord(events[static_cast<std::size_t>(i) + 1]));
  }
  BATON_CUDA(cudaDeviceSynchronize());
  std::vector<float> times(static_cast<std::size_t>(repeats));
  for (int i = 0; i < repeats; ++i) {
    BATON_CUDA(cudaEventElapsedTime(&times[static_cast<std::size_t>(i)],
                                    events[static_cast<std::size_t>(i)],
                                    events[static_cast<std::size_t>(i) + 1]));
  }
  for (auto& event : events) cudaEventDestroy(event);
  std::nth_element(times.begin(), times.begin() + repeats / 2, times.end());
  return times[static_cast<std::size_t>(repeats / 2)];
}

}  // namespace baton::bench
