// Weights on the device.
#pragma once

#include <string>
#include <vector>

#include "device_buffer.hpp"
#include "products.hpp"
#include "weights.hpp"

namespace baton::cuda {

/// An uploaded weight [outputs][inputs] with its memory.
class DeviceMatrix {
 public:
  /// Stacks tensors of a checkpoint. `dtype` is BATON_BF16 or BATON_E4M3: with the scales of the
  /// checkpoint where it is in e4m3, otherwise quantised here, symmetric, one scale an output. Throws
  /// Failure(BATON_MODEL_ERROR) as Weights does.
  DeviceMatrix(const Weights& weights, const std::vector<Weights::Part>& parts, int inputs,
               std::int32_t dtype, cudaStream_t stream);

  const Matrix& view() const { return view_; }

 private:
  DeviceBuffer<std::uint8_t> data_;
  DeviceBuffer<float> scales_;
  Matrix view_;
};

/// A vector of a checkpoint as fp32.
DeviceBuffer<float> upload_vector(const Weights& weights, const std::string& name, int size);

}  // namespace baton::cuda
