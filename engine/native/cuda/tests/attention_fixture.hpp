// Slices of sequences over a paged pool with shuffled blocks, on both sides.
#pragma once

#include <algorithm>
#include <random>
#include <vector>

#include "attention.hpp"
#include "device_data.hpp"

namespace baton::testing {

struct TestSlice {
  int start;
  int count;
};

class AttentionFixture {
 public:
  AttentionFixture(const cuda::AttentionShape& shape, const std::vector<TestSlice>& slices,
                   std::uint64_t seed, int layers = 2, int layer = 1, bool fp8 = false)
      : shape_(shape), slices_(slices), layer_(layer) {
    int longest = 0;
    for (const TestSlice& slice : slices) {
      first_.push_back(tokens_);
      for (int i = 0; i < slice.count; ++i) slice_of_.push_back(static_cast<int>(start_.size()));
      start_.push_back(slice.start);
      count_.push_back(slice.count);
      tokens_ += slice.count;
      longest = std::max(longest, slice.start + slice.count);
    }
    stride_ = (longest + 15) / 16;
    blocks_ = stride_ * static_cast<int>(slices.size()) + 3;
    std::vector<int> order(static_cast<std::size_t>(blocks_));
    for (int i = 0; i < blocks_; ++i) order[static_cast<std::size_t>(i)] = i;
    std::shuffle(order.begin(), order.end(), std::mt19937_64(seed));
    table_.assign(order.begin(), order.begin() + stride_ * static_cast<int>(slices.size()));
    const std::size_t head = std::size_t{2} * layers * 16 * shape.head_dim;
    const auto values = noise(head * shape.kv_heads * blocks_, seed + 1, 2);
    fp8 ? void(host_fp8_ = to_e4m3(values)) : void(host_pool_ = to_bf16(values));
    poison_behind_ends(head);
    host_q_ = to_bf16(noise(static_cast<std::size_t>(tokens_) * shape.heads * shape.head_dim,
                            seed + 2, 1.5));
    pool_memory_ = upload_bf16(host_pool_);
    fp8_memory_ = upload(host_fp8_);
    q_ = upload_bf16(host_q_);
    device_first_ = upload(first_);
    device_count_ = upload(count_);
    device_start_ = upload(start_);
    device_table_ = upload(table_);
    device_slice_of_ = upload(slice_of_);
    void* memory = fp8 ? static_cast<void*>(fp8_memory_.data()) : pool_memory_.data();
    pool_ = {memory, static_cast<std::int64_t>(head * shape.kv_heads),
             static_cast<std::int64_t>(head), shape.head_dim, fp8};
  }

  int tokens() const { return tokens_; }
  int slices() const { return static_cast<int>(slices_.size()); }
  int blocks() const { return blocks_; }
  int layer() const { return layer_; }
  int table_stride() const { return stride_; }
  /// Blocks that hold a position of some slice.
  int used_blocks() const {
    int used = 0;
    for (int s = 0; s < slices(); ++s) used += (start_[s] + count_[s] + 15) / 16;
    return used;
  }
  const cuda::bf16_t* q() const { return q_.data(); }
  const cuda::KvView& pool() const { return pool_; }
  const std::int32_t* slice_of() const { return device_slice_of_.data(); }
  cuda::SliceView view() const {
    return {device_first_.data(), device_count_.data(), device_start_.data(),
            device_table_.data(), stride_};
  }

  /// Tiles of 128 queries, those with most keys first.
  std::vector<int2> tiles() const {
    std::vector<int2> out;
    for (int s = 0; s < slices(); ++s) {
      for (int t = 0; t * 128 < count_[s]; ++t) out.push_back({s, t});
    }
    std::stable_sort(out.begin(), out.end(), [&](int2 a, int2 b) {
      return start_[a.x] + a.y * 128 > start_[b.x] + b.y * 128;
    });
    return out;
  }

  /// Expected output of every `step`-th token, in double precision; others are left out.
  void expect_close(const std::vector<float>& out, int step, double tolerance,
                    const char* what) const {
    std::vector<double> expected;
    std::vector<float> got;
    for (int token = 0; token < tokens_; token += step) {
      for (int head = 0; head < shape_.heads; ++head) reference(token, head, expected);
      const auto from = out.begin() + static_cast<std::ptrdiff_t>(token) * shape_.heads *
                                          shape_.head_dim;
      got.insert(got.end(), from, from + shape_.heads * shape_.head_dim);
    }
    const double error = relative_error(got, expected);
    CHECK(error < tolerance, "%s: relative error %g", what, error);
    for (const float value : out) CHECK(!std::isnan(value), "%s: NaN left in the output", what);
    std::printf("%s: relative error %.2e\n", what, error);
  }

 private:
  std::size_t at(int slice, int key, int head, int which) const {
    const auto block = static_cast<std::size_t>(table_[slice * stride_ + key / 16]);
    return block * static_cast<std::size_t>(pool_.block_stride) +
           static_cast<std::size_t>(head * pool_.head_stride) +
           (static_cast<std::size_t>(2 * layer_ + which) * 16 + key % 16) * shape_.head_dim;
  }

  void poison_behind_ends(std::size_t head) {
    for (std::size_t s = 0; s < slices_.size(); ++s) {
      const int end = start_[s] + count_[s];
      for (int key = end; key < stride_ * 16; ++key) {
        const auto block = static_cast<std::size_t>(table_[s * stride_ + key / 16]);
        for (int h = 0; h < shape_.kv_heads; ++h) {
          for (int which = 0; which < 2; ++which) {
            const std::size_t from = block * head * shape_.kv_heads + h * head +
                                     (static_cast<std::size_t>(2 * layer_ + which) * 16 +
                                      key % 16) * shape_.head_dim;
            if (host_fp8_.empty()) {
              std::fill_n(host_pool_.begin() + static_cast<std::ptrdiff_t>(from), shape_.head_dim,
                          bf16{0x7fff});
            } else {
              std::fill_n(host_fp8_.begin() + static_cast<std::ptrdiff_t>(from), shape_.head_dim,
                          std::uint8_t{0x7f});
            }
          }
        }
      }
    }
  }

  float pool_value(std::size_t i) const {
    return host_fp8_.empty() ? to_float(host_pool_[i]) : from_e4m3(host_fp8_[i]);
  }

  void reference(int token, int head, std::vector<double>& out) const {
    const int slice = slice_of_[static_cast<std::size_t>(token)];
    const int keys = start_[slice] + token - first_[slice] + 1;
    const int kv_head = head / (shape_.heads / shape_.kv_heads);
    const int dim = shape_.head_dim;
    const bf16* q = &host_q_[(static_cast<std::size_t>(token) * shape_.heads + head) * dim];
    std::vector<double> weights(static_cast<std::size_t>(keys));
    double largest = -1e300;
    for (int key = 0; key < keys; ++key) {
      double dot = 0;
      const std::size_t k = at(slice, key, kv_head, 0);
      for (int d = 0; d < dim; ++d) dot += double{to_float(q[d])} * pool_value(k + d);
      weights[static_cast<std::size_t>(key)] = dot / std::sqrt(dim);
      largest = std::max(largest, weights[static_cast<std::size_t>(key)]);
    }
    double total = 0;
    for (double& weight : weights) total += weight = std::exp(weight - largest);
    std::vector<double> sums(static_cast<std::size_t>(dim), 0);
    for (int key = 0; key < keys; ++key) {
      const std::size_t v = at(slice, key, kv_head, 1);
      for (int d = 0; d < dim; ++d) {
        sums[static_cast<std::size_t>(d)] +=
            weights[static_cast<std::size_t>(key)] / total * pool_value(v + d);
      }
    }
    out.insert(out.end(), sums.begin(), sums.end());
  }

  cuda::AttentionShape shape_;
  std::vector<TestSlice> slices_;
  int layer_;
  int tokens_ = 0;
  int stride_ = 0;
  int blocks_ = 0;
  std::vector<std::int32_t> first_, count_, start_, table_, slice_of_;
  std::vector<bf16> host_pool_, host_q_;
  std::vector<std::uint8_t> host_fp8_;  // instead of host_pool_
  cuda::DeviceBuffer<cuda::bf16_t> pool_memory_, q_;
  cuda::DeviceBuffer<std::uint8_t> fp8_memory_;
  cuda::DeviceBuffer<std::int32_t> device_first_, device_count_, device_start_, device_table_,
      device_slice_of_;
  cuda::KvView pool_{};
};

}  // namespace baton::testing
