// A Llama model with random weights behind the C ABI, for tests and benchmarks.
#pragma once

#include <cmath>
#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string>
#include <vector>

#include "baton_engine.h"
#include "bf16.hpp"
#include "philox.hpp"

namespace baton::testing {

struct Shape {
  int hidden = 384;
  int layers = 8;
  int heads = 6;
  int kv_heads = 2;
  int head_dim = 64;
  int intermediate = 1024;
  int vocabulary = 4096;
  int max_positions = 8192;
};

/// How the layers' matrices are stored: in bf16, or in e4m3 with one scale for all rows or one each.
enum class Stored { kBf16, kOneScale, kScaleEach };

/// The weights of a model in host memory.
class RandomWeights {
 public:
  explicit RandomWeights(const Shape& shape, bool tied = true, std::uint64_t seed = 0,
                         Stored layers = Stored::kBf16)
      : seed_(seed), layers_(layers) {
    const std::int64_t q = std::int64_t{shape.heads} * shape.head_dim;
    const std::int64_t kv = std::int64_t{shape.kv_heads} * shape.head_dim;
    add("model.embed_tokens.weight", shape.vocabulary, shape.hidden);
    for (int i = 0; i < shape.layers; ++i) {
      const std::string at = "model.layers." + std::to_string(i) + ".";
      add(at + "input_layernorm.weight", shape.hidden, 1);
      add_matrix(at + "self_attn.q_proj.weight", q, shape.hidden);
      add_matrix(at + "self_attn.k_proj.weight", kv, shape.hidden);
      add_matrix(at + "self_attn.v_proj.weight", kv, shape.hidden);
      add_matrix(at + "self_attn.o_proj.weight", shape.hidden, q);
      add(at + "post_attention_layernorm.weight", shape.hidden, 1);
      add_matrix(at + "mlp.gate_proj.weight", shape.intermediate, shape.hidden);
      add_matrix(at + "mlp.up_proj.weight", shape.intermediate, shape.hidden);
      add_matrix(at + "mlp.down_proj.weight", shape.hidden, shape.intermediate);
    }
    add("model.norm.weight", shape.hidden, 1);
    if (!tied) add("lm_head.weight", shape.vocabulary, shape.hidden);
    for (int i = 0; i < shape.head_dim / 2; ++i) {
      frequencies_.push_back(
          static_cast<float>(std::pow(10000.0, -2.0 * i / shape.head_dim)));
    }
    model_ = {.hidden = shape.hidden,
              .layers = shape.layers,
              .heads = shape.heads,
              .kv_heads = shape.kv_heads,
              .head_dim = shape.head_dim,
              .intermediate = shape.intermediate,
              .vocabulary = shape.vocabulary,
              .max_positions = shape.max_positions,
              .rms_epsilon = 1e-5F,
              .tied_embeddings = tied ? 1 : 0,
              .inverse_frequencies = frequencies_.data(),
              .tensors = tensors_.data(),
              .tensor_count = tensors_.size()};
  }
  RandomWeights(const RandomWeights&) = delete;
  RandomWeights& operator=(const RandomWeights&) = delete;

  const baton_model& model() const { return model_; }

 private:
  void add_matrix(const std::string& name, std::int64_t rows, std::int64_t columns) {
    if (layers_ == Stored::kBf16) return add(name, rows, columns);
    auto& codes = codes_.emplace_back(static_cast<std::size_t>(rows * columns));
    for (std::size_t i = 0; i < codes.size(); ++i) {  // magnitudes up to 15, about 4 on average
      const auto bits = static_cast<unsigned>(uniform(seed_ + 1000 + codes_.size(), i) * 176);
      codes[i] = static_cast<std::uint8_t>(bits / 2 + bits % 2 * 0x80);
    }
    const std::int64_t count = layers_ == Stored::kOneScale ? 1 : rows;
    auto& scales = scales_.emplace_back();
    for (std::int64_t i = 0; i < count; ++i) {
      const double noise = uniform(seed_ + 2000 + codes_.size(), static_cast<std::uint64_t>(i));
      scales.push_back(static_cast<float>((0.5 + noise) * 0.23 /
                                          std::sqrt(static_cast<double>(columns))));
    }
    add(name, codes.data(), codes.size(), rows, columns, BATON_E4M3);
    add(name + "_scale", scales.data(), scales.size() * sizeof(float), count, 1, BATON_F32);
  }

  void add(const std::string& name, std::int64_t rows, std::int64_t columns) {
    auto& data = weights_.emplace_back(static_cast<std::size_t>(rows * columns));
    const double scale = columns == 1 ? 0.2 : 3.4 / std::sqrt(static_cast<double>(columns));
    for (std::size_t i = 0; i < data.size(); ++i) {
      const double noise = uniform(seed_ + weights_.size(), i) - 0.5;
      data[i] = to_bf16(static_cast<float>((columns == 1 ? 1 : 0) + scale * noise));
    }
    add(name, data.data(), data.size() * 2, rows, columns, BATON_BF16);
  }

  void add(const std::string& name, const void* data, std::size_t bytes, std::int64_t rows,
           std::int64_t columns, std::int32_t dtype) {
    names_.push_back(name);
    tensors_.push_back({.name = names_.back().c_str(),
                        .data = data,
                        .bytes = bytes,
                        .shape = {rows, columns},
                        .dtype = dtype,
                        .reserved = 0});
  }

  std::uint64_t seed_;
  Stored layers_;
  std::deque<std::string> names_;
  std::deque<std::vector<bf16>> weights_;
  std::deque<std::vector<std::uint8_t>> codes_;
  std::deque<std::vector<float>> scales_;
  std::vector<baton_tensor> tensors_;
  std::vector<float> frequencies_;
  baton_model model_{};
};

/// An engine of the backend that the program is linked with.
class RandomModel {
 public:
  RandomModel(const Shape& shape, int threads, int max_tokens, int max_sequences, int kv_blocks,
              const char* isa = nullptr) {
    const RandomWeights weights(shape);
    const std::int64_t kv = std::int64_t{shape.kv_heads} * shape.head_dim;
    pool_.resize(static_cast<std::size_t>(kv_blocks) * 2 * BATON_BLOCK_TOKENS *
                 static_cast<std::size_t>(shape.layers * kv));
    const baton_options options = {.threads = threads,
                                   .max_tokens = max_tokens,
                                   .max_sequences = max_sequences,
                                   .kv_blocks = kv_blocks,
                                   .kv_pool = pool_.data(),
                                   .kv_pool_bytes = pool_.size() * sizeof(bf16),
                                   .isa = isa,
                                   .device = 0,
                                   .weight_dtype = BATON_BF16,
                                   .kv_dtype = BATON_BF16,
                                   .reserved = 0};
    char error[1024] = {};
    if (baton_open(&weights.model(), &options, &engine_, error, sizeof error) != BATON_OK) {
      throw std::runtime_error(error);
    }
  }
  ~RandomModel() { baton_close(engine_); }
  RandomModel(const RandomModel&) = delete;
  RandomModel& operator=(const RandomModel&) = delete;

  baton_engine* engine() { return engine_; }

  baton_sample step(const std::vector<baton_slice>& slices) {
    std::vector<baton_sample> samples(slices.size());
    char error[1024] = {};
    if (baton_step(engine_, slices.data(), slices.size(), samples.data(), samples.size(), error,
                   sizeof error) != BATON_OK) {
      throw std::runtime_error(error);
    }
    return samples[0];
  }

 private:
  std::vector<bf16> pool_;
  baton_engine* engine_ = nullptr;
};

}  // namespace baton::testing
