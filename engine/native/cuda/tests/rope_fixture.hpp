// Where rotated queries and stored keys and values go, and what has to be there afterwards.
#pragma once

#include <algorithm>
#include <cstdio>
#include <random>

#include "device_data.hpp"
#include "rope.hpp"

namespace baton::testing {

class RopeFixture {
 public:
  /// Some positions and slots for `rows` tokens, the last of which has no slot where there are several.
  RopeFixture(const cuda::AttentionShape& shape, int rows, bool fp8, std::uint64_t seed)
      : shape_(shape), rows_(rows), fp8_(fp8) {
    const int half = shape.head_dim / 2;
    const int blocks = (rows + BATON_BLOCK_TOKENS - 1) / BATON_BLOCK_TOKENS + 2;
    head_stride_ = std::int64_t{2} * kLayers * BATON_BLOCK_TOKENS * shape.head_dim;
    block_stride_ = head_stride_ * shape.kv_heads;
    cosine_ = noise(static_cast<std::size_t>(kPositions) * half, seed);
    sine_ = noise(static_cast<std::size_t>(kPositions) * half, seed + 1);
    const auto values = noise(static_cast<std::size_t>(block_stride_ * blocks), seed + 2);
    const auto wide = to_bf16(values);
    const auto narrow = to_e4m3(values);
    before_ = fp8 ? to_floats(narrow) : to_floats(wide);
    std::mt19937_64 random(seed + 3);
    for (int i = 0; i < rows; ++i) positions_.push_back(static_cast<int>(random() % kPositions));
    slots_.resize(static_cast<std::size_t>(blocks) * BATON_BLOCK_TOKENS);
    for (std::size_t i = 0; i < slots_.size(); ++i) slots_[i] = static_cast<int>(i);
    std::shuffle(slots_.begin(), slots_.end(), random);
    slots_.resize(static_cast<std::size_t>(rows));
    if (rows > 1) slots_.back() = -1;
    device_cosine_ = upload(cosine_);
    device_sine_ = upload(sine_);
    device_positions_ = upload(positions_);
    device_slots_ = upload(slots_);
    if (fp8) {
      narrow_pool_ = upload(narrow);
    } else {
      wide_pool_ = upload_bf16(wide);
    }
    q_ = poisoned<cuda::bf16_t>(static_cast<std::size_t>(rows + 1) * row());
  }

  cuda::RopeStore target() const {
    void* memory = fp8_ ? static_cast<void*>(narrow_pool_.data()) : wide_pool_.data();
    return {shape_,
            device_cosine_.data(),
            device_sine_.data(),
            {nullptr, device_positions_.data(), device_slots_.data()},
            kLayer,
            q_.data(),
            {memory, block_stride_, head_stride_, shape_.head_dim, fp8_}};
  }

  /// Compares with qkv[rows][heads + 2 kv_heads][head_dim], rotated in double precision.
  void expect(const std::vector<double>& qkv, const char* what) const {
    const int dim = shape_.head_dim;
    const int all_heads = shape_.heads + 2 * shape_.kv_heads;
    std::vector<double> expected_q, expected_kv;
    std::vector<float> got_kv;
    auto pool = fp8_ ? to_floats(download(narrow_pool_)) : download(wide_pool_);
    for (int token = 0; token < rows_; ++token) {
      for (int head = 0; head < all_heads; ++head) {
        const double* x = &qkv[(static_cast<std::size_t>(token) * all_heads + head) * dim];
        const int kv_head = head - shape_.heads;
        const bool value = kv_head >= shape_.kv_heads;
        const auto rotated = rotate(x, positions_[static_cast<std::size_t>(token)], value);
        if (kv_head < 0) {
          expected_q.insert(expected_q.end(), rotated.begin(), rotated.end());
          continue;
        }
        const int slot = slots_[static_cast<std::size_t>(token)];
        if (slot < 0) continue;
        const auto from = static_cast<std::size_t>(
            slot / BATON_BLOCK_TOKENS * block_stride_ + kv_head % shape_.kv_heads * head_stride_ +
            ((2 * kLayer + (value ? 1 : 0)) * BATON_BLOCK_TOKENS + slot % BATON_BLOCK_TOKENS) *
                dim);
        for (int i = 0; i < dim; ++i) {
          expected_kv.push_back(rotated[static_cast<std::size_t>(i)]);
          got_kv.push_back(pool[from + i]);
          pool[from + i] = before_[from + i];
        }
      }
    }
    auto q = download(q_);
    for (std::size_t i = q.size() - row(); i < q.size(); ++i) {
      CHECK(std::isnan(q[i]), "%s: wrote behind the last query", what);
    }
    q.resize(q.size() - row());
    const double error = relative_error(q, expected_q);
    const double kv_error = relative_error(got_kv, expected_kv);
    CHECK(error < 3e-3, "%s: queries: relative error %g", what, error);
    CHECK(kv_error < (fp8_ ? 4e-2 : 3e-3), "%s: keys and values: relative error %g", what,
          kv_error);
    CHECK(pool == before_, "%s: wrote outside of its slots", what);
    std::printf("%s, %d rows of %d+%d heads of %d, %s pool: relative errors %.2e and %.2e\n", what,
                rows_, shape_.heads, shape_.kv_heads, dim, fp8_ ? "e4m3" : "bf16", error, kv_error);
  }

 private:
  static constexpr int kLayers = 3;
  static constexpr int kLayer = 1;
  static constexpr int kPositions = 64;

  std::size_t row() const { return static_cast<std::size_t>(shape_.heads) * shape_.head_dim; }

  std::vector<double> rotate(const double* x, int position, bool value) const {
    const int half = shape_.head_dim / 2;
    std::vector<double> out(static_cast<std::size_t>(2 * half));
    for (int i = 0; i < half; ++i) {
      const auto angle = static_cast<std::size_t>(position * half + i);
      const double c = value ? 1.0 : cosine_[angle];
      const double s = value ? 0.0 : sine_[angle];
      out[static_cast<std::size_t>(i)] = x[i] * c - x[i + half] * s;
      out[static_cast<std::size_t>(i + half)] = x[i + half] * c + x[i] * s;
    }
    return out;
  }

  cuda::AttentionShape shape_;
  int rows_;
  bool fp8_;
  std::int64_t head_stride_, block_stride_;
  std::vector<float> cosine_, sine_, before_;
  std::vector<std::int32_t> positions_, slots_;
  cuda::DeviceBuffer<float> device_cosine_, device_sine_;
  cuda::DeviceBuffer<std::int32_t> device_positions_, device_slots_;
  cuda::DeviceBuffer<cuda::bf16_t> wide_pool_;
  cuda::DeviceBuffer<std::uint8_t> narrow_pool_;
  cuda::DeviceBuffer<cuda::bf16_t> q_;
};

}  // namespace baton::testing
