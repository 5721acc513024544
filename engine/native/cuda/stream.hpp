// Streams, events and graphs with an owner.
#pragma once

#include <cuda_runtime.h>

#include <utility>

#include "cuda_error.hpp"

namespace baton::cuda {

/// A stream that does not wait for the default one.
class Stream {
 public:
  Stream() { BATON_CUDA(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
  ~Stream() { cudaStreamDestroy(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  operator cudaStream_t() const { return stream_; }
  void wait() const { BATON_CUDA(cudaStreamSynchronize(stream_)); }

 private:
  cudaStream_t stream_ = nullptr;
};

class Event {
 public:
  Event() { BATON_CUDA(cudaEventCreate(&event_)); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void record(cudaStream_t stream) const { BATON_CUDA(cudaEventRecord(event_, stream)); }
  void wait() const { BATON_CUDA(cudaEventSynchronize(event_)); }
  /// Milliseconds from `before` to this one.
  float since(const Event& before) const {
    float time = 0;
    BATON_CUDA(cudaEventElapsedTime(&time, before.event_, event_));
    return time;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

/// What a stream was given while it was captured, launched at once.
class Graph {
 public:
  Graph() = default;
  ~Graph() {
    if (graph_ != nullptr) cudaGraphExecDestroy(graph_);
  }
  Graph(Graph&& other) noexcept : graph_(std::exchange(other.graph_, nullptr)) {}
  Graph& operator=(Graph&& other) noexcept {
    std::swap(graph_, other.graph_);
    return *this;
  }

  template <class Work>
  static Graph capture(cudaStream_t stream, Work&& work) {
    BATON_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    cudaGraph_t captured = nullptr;
    try {
      work();
    } catch (...) {
      cudaStreamEndCapture(stream, &captured);
      if (captured != nullptr) cudaGraphDestroy(captured);
      cudaGetLastError();
      throw;
    }
    BATON_CUDA(cudaStreamEndCapture(stream, &captured));
    Graph out;
    const cudaError_t made = cudaGraphInstantiate(&out.graph_, captured, 0);
    cudaGraphDestroy(captured);
    BATON_CUDA(made);
    return out;
  }

  void launch(cudaStream_t stream) const { BATON_CUDA(cudaGraphLaunch(graph_, stream)); }

 private:
  cudaGraphExec_t graph_ = nullptr;
};

}  // namespace baton::cuda
