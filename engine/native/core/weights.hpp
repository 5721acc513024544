// The tensors of a model by name, checked against the shapes that the configuration implies.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "baton_engine.h"

namespace baton {

/// Throws Failure(BATON_INVALID_ARGUMENT) for a shape that no Llama model has.
void check(const baton_model& model);

class Weights {
 public:
  explicit Weights(const baton_model& model);

  /// The tensor [rows][columns], in its own dtype. Throws Failure(BATON_MODEL_ERROR).
  const baton_tensor& find(const std::string& name, std::int64_t rows, std::int64_t columns) const;

  std::vector<float> vector(const std::string& name, std::int64_t size) const;

  /// Rows of several tensors of `columns` columns, one below the other.
  struct Part {
    std::string name;
    std::int64_t rows;
  };
  std::vector<float> stack_f32(const std::vector<Part>& parts, std::int64_t columns) const;
  std::vector<std::uint16_t> stack_bf16(const std::vector<Part>& parts, std::int64_t columns) const;

 private:
  std::unordered_map<std::string, const baton_tensor*> tensors_;
};

/// Elements [first, first + count) of a tensor, rounded to bf16 where they are wider.
void convert_to_bf16(const baton_tensor& tensor, std::int64_t first, std::int64_t count,
                     std::uint16_t* out);

}  // namespace baton
