#include "weights.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "bf16.hpp"
#include "error.hpp"

namespace baton {
namespace {

std::uint64_t element_bytes(std::int32_t dtype) {
  return dtype == BATON_F32 ? 4 : dtype == BATON_E4M3 ? 1 : 2;
}

float from_e4m3(std::uint8_t value) {
  static const std::array<float, 256> values = [] {
    std::array<float, 256> all{};
    for (int i = 0; i < 256; ++i) {
      all[static_cast<std::size_t>(i)] = e4m3_to_float(static_cast<std::uint8_t>(i));
    }
    return all;
  }();
  return values[value];
}

float element(const baton_tensor& tensor, std::size_t index) {
  if (tensor.dtype == BATON_E4M3) {
    return from_e4m3(static_cast<const std::uint8_t*>(tensor.data)[index]);
  }
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
  if (tensor.dtype < BATON_BF16 || tensor.dtype > BATON_E4M3) {
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

std::vector<float> Weights::scales(const std::string& name, std::int64_t rows) const {
  const std::string of = name + "_scale";
  const auto found = tensors_.find(of);
  if (found == tensors_.end()) {
    throw Failure(BATON_MODEL_ERROR, "tensor " + of + " is missing, and " + name + " is in e4m3");
  }
  const std::int64_t count = found->second->shape[0] == 1 ? 1 : rows;
  std::vector<float> out = vector(of, count);
  for (const float scale : out) {
    if (!std::isfinite(scale) || scale < 0) {
      throw Failure(BATON_MODEL_ERROR, "tensor " + of + " has the scale " + std::to_string(scale));
    }
  }
  out.resize(static_cast<std::size_t>(rows), out[0]);
  return out;
}

std::vector<float> Weights::vector(const std::string& name, std::int64_t size) const {
  const baton_tensor& tensor = find(name, size, 1);
  if (tensor.dtype == BATON_E4M3) {
    throw Failure(BATON_MODEL_ERROR, "tensor " + name + " is a vector in e4m3");
  }
  std::vector<float> out(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = element(tensor, i);
  return out;
}

bool Weights::all_e4m3(const std::vector<Part>& parts, std::int64_t columns) const {
  return std::all_of(parts.begin(), parts.end(), [&](const Part& part) {
    return find(part.name, part.rows, columns).dtype == BATON_E4M3;
  });
}

std::vector<float> Weights::stack_f32(const std::vector<Part>& parts, std::int64_t columns) const {
  std::vector<float> out;
  for (const Part& part : parts) {
    const baton_tensor& tensor = find(part.name, part.rows, columns);
    const auto count = static_cast<std::size_t>(part.rows * columns);
    out.reserve(out.size() + count);
    if (tensor.dtype == BATON_E4M3) {
      for (const std::uint16_t value : stack_bf16({part}, columns)) out.push_back(to_float(value));
      continue;
    }
    for (std::size_t i = 0; i < count; ++i) out.push_back(element(tensor, i));
  }
  return out;
}

std::vector<std::uint16_t> Weights::stack_bf16(const std::vector<Part>& parts,
                                               std::int64_t columns) const {
  std::vector<std::uint16_t> out;
  for (const Part& part : parts) {
    const std::size_t before = out.size();
    out.resize(before + static_cast<std::size_t>(part.rows * columns));
    Bf16Rows(*this, part, columns).read(0, part.rows, out.data() + before);
  }
  return out;
}

Bf16Rows::Bf16Rows(const Weights& weights, const Weights::Part& part, std::int64_t columns)
    : tensor_(weights.find(part.name, part.rows, columns)), columns_(columns) {
  if (tensor_.dtype == BATON_E4M3) scales_ = weights.scales(part.name, part.rows);
}

const void* Bf16Rows::as_they_lie(std::int64_t first) const {
  if (tensor_.dtype != BATON_BF16) return nullptr;
  return static_cast<const std::byte*>(tensor_.data) + 2 * first * columns_;
}

void Bf16Rows::read(std::int64_t first, std::int64_t count, std::uint16_t* out) const {
  if (const void* from = as_they_lie(first); from != nullptr) {
    std::memcpy(out, from, static_cast<std::size_t>(count * columns_) * 2);
    return;
  }
  for (std::int64_t row = first; row < first + count; ++row) {
    const float scale = scales_.empty() ? 1.0F : scales_[static_cast<std::size_t>(row)];
    const auto from = static_cast<std::size_t>(row * columns_);
    for (std::size_t i = 0; i < static_cast<std::size_t>(columns_); ++i) {
      *out++ = to_bf16(element(tensor_, from + i) * scale);
    }
  }
}

}  // namespace baton
