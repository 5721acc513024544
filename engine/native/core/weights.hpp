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

  /// One scale for each row of the e4m3 tensor `name`: from `name`_scale, which has one for each row or
  /// one for all. A row stands for scale * its numbers. Throws Failure(BATON_MODEL_ERROR).
  std::vector<float> scales(const std::string& name, std::int64_t rows) const;

  std::vector<float> vector(const std::string& name, std::int64_t size) const;

  /// Rows of several tensors of `columns` columns, one below the other.
  struct Part {
    std::string name;
    std::int64_t rows;
  };
  bool all_e4m3(const std::vector<Part>& parts, std::int64_t columns) const;

  /// What is in e4m3 is rounded to bf16 in both.
  std::vector<float> stack_f32(const std::vector<Part>& parts, std::int64_t columns) const;
  std::vector<std::uint16_t> stack_bf16(const std::vector<Part>& parts, std::int64_t columns) const;

 private:
  std::unordered_map<std::string, const baton_tensor*> tensors_;
};

/// Rows of a tensor as bf16: rounded where they are wider, multiplied by their scales where they have
/// some.
class Bf16Rows {
 public:
  Bf16Rows(const Weights& weights, const Weights::Part& part, std::int64_t columns);

  /// Where the rows from `first` on lie in the checkpoint, null unless they are in bf16 there.
  const void* as_they_lie(std::int64_t first) const;

  /// Rows [first, first + count) to out[count][columns].
  void read(std::int64_t first, std::int64_t count, std::uint16_t* out) const;

 private:
  const baton_tensor& tensor_;
  std::int64_t columns_;
  std::vector<float> scales_;
};

}  // namespace baton
