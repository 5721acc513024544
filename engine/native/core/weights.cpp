#include "weights.hpp"

#include <cstring>

#include "bf16.hpp"
#include "error.hpp"

namespace baton {
namespace {

std::uint64_t element_bytes(std::int32_t dtype) { return dtype == BATON_F32 ? 4 : 2; }

float element(const baton_tensor& tensor, std::size_t index) {
  if (tensor.dtype == BATON_F32) {
    float value;  // checkpoints promise no alignment
    std::memcpy(&value, static_cast<const std::byte*>(tensor.data) + 4 * index, sizeof value);
    return value;
  }
  std::uint16_t bits;
  std::memcpy(&bits, static_cast<const std::byte*>(tensor.data) + 2 * index, sizeof bits);
  return tensor.dtype == BATON_BF16 ? to_float(bits) : half_to_float(bits);
}

std::string shape(std::int64_t rows, std::int64_t columns) {
  return "[" + std::to_string(rows) + ", " + std::to_string(columns) + "]";
}

}  // namespace

void check(const baton_model& model) {
  auto positive = [](std::int64_t value, std::int64_t limit, const char* name) {
    require(value > 0 && value <= limit, std::string(name) + " must be between 1 and " +
                                             std::to_string(limit) + ", not " +
                                             std::to_string(value));
  };
  positive(model.hidden, 1 << 16, "hidden");
  positive(model.layers, 1 << 12, "layers");
  positive(model.heads, 1 << 12, "heads");
  positive(model.kv_heads, 1 << 12, "kv_heads");
  positive(model.head_dim, 1 << 10, "head_dim");
  positive(model.intermediate, 1 << 20, "intermediate");
  positive(model.vocabulary, 1 << 24, "vocabulary");
  positive(model.max_positions, 1 << 28, "max_positions");
  require(model.head_dim % 2 == 0, "head_dim must be even");
  require(model.heads % model.kv_heads == 0, "heads must be a multiple of kv_heads");
  require(model.rms_epsilon >= 0, "rms_epsilon must not be negative");
  require(model.inverse_frequencies != nullptr, "inverse_frequencies are missing");
  require(model.tensors != nullptr, "tensors are missing");
}

Weights::Weights(const baton_model& model) {
  for (std::uint64_t i = 0; i < model.tensor_count; ++i) {
    const baton_tensor& tensor = model.tensors[i];
    if (tensor.name == nullptr || tensor.data == nullptr) {
      throw Failure(BATON_MODEL_ERROR, "tensor " + std::to_string(i) + " has no name or no data");
    }
    tensors_.emplace(tensor.name, &tensor);
  }
}

const baton_tensor& Weights::find(const std::string& name, std::int64_t rows,
                                  std::int64_t columns) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw Failure(BATON_MODEL_ERROR, "tensor " + name + " is missing");
  const baton_tensor& tensor = *found->second;
  if (tensor.dtype < BATON_BF16 || tensor.dtype > BATON_F32) {
    throw Failure(BATON_MODEL_ERROR, "tensor " + name + " has an unknown type");
  }
  if (tensor.shape[0] != rows || tensor.shape[1] != columns) {
    throw Failure(BATON_MODEL_ERROR, "tensor " + name + " has shape " +
                                         shape(tensor.shape[0], tensor.shape[1]) + ", expected " +
                                         shape(rows, columns));
  }
  if (tensor.bytes != static_cast<std::uint64_t>(rows * columns) * element_bytes(tensor.dtype)) {
    throw Failure(BATON_MODEL_ERROR, "tensor " + name + " has " + std::to_string(tensor.bytes) +
                                         " bytes, not those of its shape");
  }
  return tensor;
}

std::vector<float> Weights::vector(const std::string& name, std::int64_t size) const {
  return stack_f32({{name, size}}, 1);
}

std::vector<float> Weights::stack_f32(const std::vector<Part>& parts, std::int64_t columns) const {
  std::vector<float> out;
  for (const Part& part : parts) {
    const baton_tensor& tensor = find(part.name, part.rows, columns);
    const auto count = static_cast<std::size_t>(part.rows * columns);
    out.reserve(out.size() + count);
    for (std::size_t i = 0; i < count; ++i) out.push_back(element(tensor, i));
  }
  return out;
}

std::vector<std::uint16_t> Weights::stack_bf16(const std::vector<Part>& parts,
                                               std::int64_t columns) const {
  std::vector<std::uint16_t> out;
  for (const Part& part : parts) {
    const baton_tensor& tensor = find(part.name, part.rows, columns);
    const auto count = static_cast<std::size_t>(part.rows * columns);
    const std::size_t before = out.size();
    out.resize(before + count);
    convert_to_bf16(tensor, 0, part.rows * columns, out.data() + before);
  }
  return out;
}

void convert_to_bf16(const baton_tensor& tensor, std::int64_t first, std::int64_t count,
                     std::uint16_t* out) {
  if (tensor.dtype == BATON_BF16) {
    std::memcpy(out, static_cast<const std::byte*>(tensor.data) + 2 * first,
                static_cast<std::size_t>(count) * 2);
    return;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    out[i] = to_bf16(element(tensor, static_cast<std::size_t>(first + i)));
  }
}

}  // namespace baton
