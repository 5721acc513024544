// A batch on its way from the caller's slices to the device.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "device_buffer.hpp"
#include "sampler.hpp"
#include "step.hpp"

namespace baton::cuda {

/// How many of each a step has. Graphs have the numbers of their bucket.
struct BatchSize {
  int rows;     // of tokens, padding included
  int slices;   // padding included
  int samples;  // rows of logits, padding included
  int tiles;    // room for tiles of 128 queries
};

/// An array of a step whose size only the step knows: a host copy a slot and one on the device,
/// which grow as needed.
template <class T>
class StepArray {
 public:
  /// Host memory of `slot` for `size` elements, none of which is kept.
  T* begin(std::size_t size, int slot) {
    auto& host = host_[slot];
    if (size > host.size()) host = PinnedBuffer<T>(2 * size);
    size_ = size;
    return host.data();
  }

  /// Enqueues the copy of the elements that `begin` made room for in `slot`.
  void copy(int slot, cudaStream_t stream) {
    if (size_ == 0) return;
    if (size_ > device_.size()) {
      BATON_CUDA(cudaStreamSynchronize(stream));  // a step on its way may read the old one
      device_ = DeviceBuffer<T>(2 * size_);
    }
    BATON_CUDA(cudaMemcpyAsync(device_.data(), host_[slot].data(), size_ * sizeof(T),
                               cudaMemcpyHostToDevice, stream));
  }

  T* data() const { return device_.data(); }

 private:
  PinnedBuffer<T> host_[BATON_STEPS_AHEAD];
  DeviceBuffer<T> device_;
  std::size_t size_ = 0;  // of the last step
};

/// Host and device copies of everything that the kernels of one step read. The arrays lie one
/// after the other, the block tables last, so that one copy moves them unless there is much between
/// the tables; where they lie depends on the BatchSize alone.
class BatchUpload {
 public:
  BatchUpload(const baton_options& options, int max_rows, int max_samples, int max_positions,
              int vocabulary);

  /// Writes a batch to host memory of `slot` (0 .. BATON_STEPS_AHEAD - 1). Slices of one token come
  /// first. Rows, slices and samples behind the batch's own are padding that computes nothing.
  void write(std::span<const baton_slice> slices, const BatchSize& size, int slot);

  /// Enqueues the copy of what `write` left in `slot`.
  void copy(int slot, cudaStream_t stream);

  /// The last batch written, as the kernels find it.
  const Step& step() const { return step_; }
  const std::int32_t* sampled_rows() const { return sampled_rows_; }
  const SampleRow* sample_rows() const { return sample_rows_; }
  const SampleNeeds& sample_needs() const { return sample_needs_; }
  std::int32_t* histories() const { return histories_.data(); }
  const std::uint32_t* masks() const { return masks_.data(); }

  static int tiles(std::span<const baton_slice> slices);

  /// Device bytes.
  static std::uint64_t bytes(const baton_options& options, int max_rows, int max_positions);

 private:
  struct Layout;
  void place(const Layout& layout);
  void write_slices(std::span<const baton_slice> slices, const BatchSize& size,
                    const Layout& layout, std::byte* to);
  void write_samples(std::span<const baton_slice> slices, const BatchSize& size,
                     const Layout& layout, std::byte* to, int slot);

  int max_blocks_;  // of a sequence
  int mask_words_;
  DeviceBuffer<std::byte> device_;
  StepArray<std::int32_t> histories_;
  StepArray<std::uint32_t> masks_;  // [slices with a mask][mask_words]
  std::vector<PinnedBuffer<std::byte>> host_;  // one a slot
  std::vector<int> order_;      // slices, those of one token first
  std::vector<int> last_rows_;  // [slices] row of its last token, in the caller's order
  std::vector<int2> tiles_;

  Step step_{};
  std::size_t tables_at_ = 0;  // byte offset of the tables [slices][max_blocks]
  int used_slices_ = 0;
  int used_blocks_ = 0;
  const std::int32_t* sampled_rows_ = nullptr;
  const SampleRow* sample_rows_ = nullptr;
  SampleNeeds sample_needs_;
};

}  // namespace baton::cuda
