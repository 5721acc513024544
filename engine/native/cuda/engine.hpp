// An open model on one device: takes batches, runs them in order, answers with samples.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "baton_engine.h"
#include "batch_upload.hpp"
#include "decoder.hpp"
#include "kv_memory.hpp"
#include "sampler.hpp"
#include "stream.hpp"

namespace baton::cuda {

class Engine {
 public:
  Engine(const baton_model& model, const baton_options& options);
  ~Engine();

  /// Enqueues a step. Throws Failure(BATON_INVALID_ARGUMENT) before anything is changed.
  void submit(std::span<const baton_slice> slices);

  /// Waits for the oldest step on its way and writes its samples.
  void wait(std::span<baton_sample> samples);

  /// Steps submitted and not waited for.
  int on_their_way() const { return submitted_ - waited_; }

  /// Copies logits [vocabulary] of sample `index` of the last step that was waited for.
  void logits(std::size_t index, std::span<float> out) const;

  /// Architecture of the kernels in use, for example sm_90a.
  const std::string& architecture() const { return architecture_; }
  int device() const { return device_; }

  /// Safe for use by any thread, also while a step runs.
  KvMemory& kv() const { return *kv_; }

 private:
  struct Pending {
    int samples = 0;
    std::vector<int> slice_of;  // [samples] slice in the caller's batch
    std::vector<std::int64_t> positions;
    Event done;
  };

  void warm_up();
  int bucket_of(std::span<const baton_slice> slices) const;
  void forward(std::span<const baton_slice> slices, int samples, int slot);
  void answer(int count, int slot);
  baton_sample* device_samples() const {
    return reinterpret_cast<baton_sample*>(answer_.data());
  }

  int device_;
  int samples_room_;
  baton_options options_;
  std::int32_t max_positions_ = 0;
  std::int32_t vocabulary_;
  std::string architecture_;
  Stream stream_;
  std::unique_ptr<KvMemory> kv_;
  std::unique_ptr<Decoder> decoder_;
  std::unique_ptr<BatchUpload> upload_;
  std::unique_ptr<Sampler> sampler_;
  std::map<int, Graph> graphs_;  // decode steps by bucket
  DeviceBuffer<std::byte> answer_;        // of a step: its samples, right behind them their flaws
  PinnedBuffer<std::byte> host_answers_;  // [slots] likewise
  Pending pending_[BATON_STEPS_AHEAD];
  int submitted_ = 0;
  int waited_ = 0;
  int last_samples_ = 0;  // of the step last submitted
  bool broken_ = false;
};

}  // namespace baton::cuda
