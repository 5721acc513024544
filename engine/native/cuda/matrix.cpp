#include "matrix.hpp"

#include <algorithm>

namespace baton::cuda {
namespace {

constexpr std::int64_t kPieceBytes = std::int64_t{256} << 20;  // converted or quantised at once

/// Copies rows [first, first + count) to the device as bf16, in order with `stream`.
void upload(const Bf16Rows& rows, std::int64_t first, std::int64_t count, std::int64_t columns,
            bf16_t* to, std::vector<std::uint16_t>& converted, cudaStream_t stream) {
  const void* from = rows.as_they_lie(first);
  if (from == nullptr) {
    converted.resize(static_cast<std::size_t>(count * columns));
    rows.read(first, count, converted.data());
    from = converted.data();
  }
  BATON_CUDA(cudaMemcpyAsync(to, from, static_cast<std::size_t>(count * columns) * sizeof(bf16_t),
                             cudaMemcpyHostToDevice, stream));
}

}  // namespace

DeviceMatrix::DeviceMatrix(const Weights& weights, const std::vector<Weights::Part>& parts,
                           int inputs, std::int32_t dtype, cudaStream_t stream) {
  std::int64_t outputs = 0;
  for (const auto& part : parts) outputs += part.rows;
  const bool fp8 = dtype == BATON_E4M3;
  data_ = DeviceBuffer<std::uint8_t>(static_cast<std::size_t>(outputs * inputs * (fp8 ? 1 : 2)));
  view_ = {data_.data(), nullptr, static_cast<int>(outputs), inputs};
  const std::int64_t piece = std::max<std::int64_t>(1, kPieceBytes / (2 * inputs));
  DeviceBuffer<bf16_t> staging;
  if (fp8) {
    scales_ = DeviceBuffer<float>(static_cast<std::size_t>(outputs));
    view_.scales = scales_.data();
  }
  if (fp8 && !weights.all_e4m3(parts, inputs)) {
    staging = DeviceBuffer<bf16_t>(static_cast<std::size_t>(std::min(piece, outputs) * inputs));
  }
  std::vector<std::uint16_t> converted;
  std::int64_t row = 0;
  for (const auto& part : parts) {
    const baton_tensor& tensor = weights.find(part.name, part.rows, inputs);
    if (fp8 && tensor.dtype == BATON_E4M3) {
      const std::vector<float> scales = weights.scales(part.name, part.rows);
      BATON_CUDA(cudaMemcpyAsync(data_.data() + row * inputs, tensor.data, tensor.bytes,
                                 cudaMemcpyHostToDevice, stream));
      BATON_CUDA(cudaMemcpyAsync(scales_.data() + row, scales.data(),
                                 scales.size() * sizeof(float), cudaMemcpyHostToDevice, stream));
      BATON_CUDA(cudaStreamSynchronize(stream));  // the scales go away
      row += part.rows;
      continue;
    }
    const Bf16Rows from(weights, part, inputs);
    for (std::int64_t first = 0; first < part.rows; first += piece) {
      const std::int64_t rows = std::min(piece, part.rows - first);
      bf16_t* to = fp8 ? staging.data() : reinterpret_cast<bf16_t*>(data_.data()) + row * inputs;
      upload(from, first, rows, inputs, to, converted, stream);
      if (fp8) {
        quantise_rows(to, static_cast<int>(rows), inputs, data_.data() + row * inputs,
                      scales_.data() + row, stream);
      }
      BATON_CUDA(cudaStreamSynchronize(stream));  // the buffers are used again
      row += rows;
    }
  }
}

DeviceBuffer<float> upload_vector(const Weights& weights, const std::string& name, int size) {
  const std::vector<float> values = weights.vector(name, size);
  DeviceBuffer<float> out(values.size());
  BATON_CUDA(cudaMemcpy(out.data(), values.data(), out.bytes(), cudaMemcpyHostToDevice));
  return out;
}

}  // namespace baton::cuda
