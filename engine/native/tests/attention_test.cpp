// Attention of every instruction set against a plain one in double precision, and the same bits
// however the queries are cut into tasks.
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "check.hpp"
#include "instruction_sets.hpp"
#include "philox.hpp"

namespace {

using namespace baton;
using namespace baton::cpu;

constexpr int kLayers = 2;
constexpr int kLayer = 1;

struct Case {
  int heads;
  int kv_heads;
  int head_dim;
  int position;  // of the first query
  int queries;
};

float noise(int stream, std::size_t i) {
  return static_cast<float>(uniform(static_cast<std::uint64_t>(stream), i) * 4 - 2);
}

class Fixture {
 public:
  Fixture(const Case& shape, const Kernels& kernels) : shape_(shape), kernels_(kernels) {
    const int keys = shape.position + shape.queries;
    const int blocks = (keys + KvPool::block_tokens - 1) / KvPool::block_tokens;
    const std::int64_t head = 2LL * kLayers * KvPool::block_tokens * shape.head_dim;
    // Blocks lie in reverse, and what no token has written yet is NaN.
    table_.resize(static_cast<std::size_t>(blocks));
    std::iota(table_.rbegin(), table_.rend(), 0);
    memory_.assign(static_cast<std::size_t>(blocks * head * shape.kv_heads), 0x7fc0);
    pool_ = {memory_.data(), head * shape.kv_heads, head, kLayers, shape.head_dim};
    std::size_t n = 0;
    for (int which = 0; which < 2; ++which) {
      for (int h = 0; h < shape.kv_heads; ++h) {
        for (int t = 0; t < keys; ++t) {
          bf16* to = pool_.at(table_[static_cast<std::size_t>(t / 16)], h, kLayer, which, t % 16);
          for (int d = 0; d < shape.head_dim; ++d) to[d] = to_bf16(noise(1 + which, n++));
        }
      }
    }
    q_.resize(static_cast<std::size_t>(shape.queries * shape.heads * shape.head_dim));
    for (std::size_t i = 0; i < q_.size(); ++i) q_[i] = to_float(to_bf16(noise(3, i)));
    element_ = kernels.bf16_activations ? 2 : 4;
    packed_.resize(q_.size() * element_);
    for (std::size_t i = 0; i < q_.size(); ++i) {
      if (kernels.bf16_activations) {
        const bf16 value = to_bf16(q_[i]);
        std::memcpy(&packed_[i * 2], &value, 2);
      } else {
        std::memcpy(&packed_[i * 4], &q_[i], 4);
      }
    }
  }

  /// The output as floats, computed `step` queries a task.
  std::vector<float> run(int step) const {
    const int group = shape_.heads / shape_.kv_heads;
    std::vector<std::byte> out(packed_.size(), std::byte{0xff});
    const std::size_t bytes = kernels_.attention_scratch_bytes(shape_.head_dim);
    auto* scratch = std::aligned_alloc(64, bytes);
    std::memset(scratch, 0xff, bytes);
    for (int first = 0; first < shape_.queries; first += step) {
      for (int h = 0; h < shape_.kv_heads; ++h) {
        const std::size_t offset =
            element_ * static_cast<std::size_t>((first * shape_.heads + h * group) *
                                                shape_.head_dim);
        kernels_.attention({.pool = &pool_,
                            .blocks = table_.data(),
                            .kv_head = h,
                            .layer = kLayer,
                            .group = group,
                            .queries = std::min(step, shape_.queries - first),
                            .position = shape_.position + first,
                            .head_dim = shape_.head_dim,
                            .heads = shape_.heads,
                            .scale = 1 / std::sqrt(static_cast<float>(shape_.head_dim)),
                            .q = packed_.data() + offset,
                            .out = out.data() + offset},
                           scratch);
      }
    }
    std::free(scratch);
    std::vector<float> result(q_.size());
    for (std::size_t i = 0; i < result.size(); ++i) {
      if (kernels_.bf16_activations) {
        bf16 value;
        std::memcpy(&value, &out[i * 2], 2);
        result[i] = to_float(value);
      } else {
        std::memcpy(&result[i], &out[i * 4], 4);
      }
    }
    return result;
  }

  std::vector<double> reference() const {
    const int group = shape_.heads / shape_.kv_heads;
    std::vector<double> out(q_.size(), 0);
    for (int i = 0; i < shape_.queries; ++i) {
      for (int h = 0; h < shape_.heads; ++h) {
        const std::size_t row = static_cast<std::size_t>((i * shape_.heads + h) * shape_.head_dim);
        const int keys = shape_.position + i + 1;
        std::vector<double> weight(static_cast<std::size_t>(keys));
        double total = 0;
        for (int t = 0; t < keys; ++t) {
          double dot = 0;
          for (int d = 0; d < shape_.head_dim; ++d) {
            dot += q_[row + static_cast<std::size_t>(d)] * to_float(token(t, h / group, 0)[d]);
          }
          weight[static_cast<std::size_t>(t)] = std::exp(dot / std::sqrt(shape_.head_dim));
          total += weight[static_cast<std::size_t>(t)];
        }
        for (int t = 0; t < keys; ++t) {
          for (int d = 0; d < shape_.head_dim; ++d) {
            out[row + static_cast<std::size_t>(d)] += weight[static_cast<std::size_t>(t)] / total *
                                                      to_float(token(t, h / group, 1)[d]);
          }
        }
      }
    }
    return out;
  }

 private:
  const bf16* token(int t, int head, int which) const {
    return pool_.at(table_[static_cast<std::size_t>(t / 16)], head, kLayer, which, t % 16);
  }

  Case shape_;
  const Kernels& kernels_;
  std::vector<std::int32_t> table_;
  std::vector<bf16> memory_;
  KvPool pool_;
  std::vector<float> q_;
  std::size_t element_;
  std::vector<std::byte> packed_;
};

}  // namespace

int main() {
  const Case cases[] = {
      {6, 2, 64, 0, 1},   {6, 2, 64, 0, 70},  {6, 2, 64, 200, 37}, {4, 4, 20, 15, 18},
      {5, 1, 24, 63, 66}, {8, 1, 128, 5, 90}, {3, 3, 32, 1000, 2}, {4, 2, 2, 30, 33},
      {2, 1, 80, 129, 3},
  };
  for (const Kernels* kernels : baton::testing::instruction_sets()) {
    for (const Case& shape : cases) {
      const Fixture fixture(shape, *kernels);
      const int largest = kMaxAttentionRows / (shape.heads / shape.kv_heads);
      const std::vector<float> whole = fixture.run(std::min(largest, shape.queries));
      const std::vector<double> expected = fixture.reference();
      double error = 0;
      double norm = 0;
      for (std::size_t i = 0; i < whole.size(); ++i) {
        error += (whole[i] - expected[i]) * (whole[i] - expected[i]);
        norm += expected[i] * expected[i];
      }
      const double relative = std::sqrt(error / norm);
      const double tolerance = kernels->bf16_activations ? 5e-3 : 2e-6;
      CHECK(relative < tolerance, "%s, head_dim %d at %d: relative error %g", kernels->name,
            shape.head_dim, shape.position, relative);
      for (const int step : {1, 2, 5, 16, 33}) {
        const std::vector<float> cut = fixture.run(step);
        CHECK(std::memcmp(cut.data(), whole.data(), cut.size() * sizeof(float)) == 0,
              "%s, head_dim %d at %d in steps of %d differs", kernels->name, shape.head_dim,
              shape.position, step);
      }
    }
  }
  return 0;
}
