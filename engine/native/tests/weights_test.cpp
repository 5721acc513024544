// Weights in e4m3 with scales, as the backends read them.
#include "weights.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "bf16.hpp"
#include "check.hpp"
#include "error.hpp"

using namespace baton;

namespace {

constexpr std::int64_t kRows = 3;
constexpr std::int64_t kColumns = 4;

/// A matrix "w" of codes 0x38 (1.0) to 0x43 and its scales.
struct Checkpoint {
  std::vector<std::uint8_t> codes;
  std::vector<float> scales;
  std::vector<baton_tensor> tensors;

  explicit Checkpoint(std::vector<float> of_rows) : scales(std::move(of_rows)) {
    for (std::uint8_t i = 0; i < kRows * kColumns; ++i) codes.push_back(0x38 + i);
    tensors.push_back({.name = "w", .data = codes.data(), .bytes = codes.size(),
                       .shape = {kRows, kColumns}, .dtype = BATON_E4M3, .reserved = 0});
    const auto count = static_cast<std::int64_t>(scales.size());
    tensors.push_back({.name = "w_scale", .data = scales.data(),
                       .bytes = scales.size() * sizeof(float), .shape = {count, 1},
                       .dtype = BATON_F32, .reserved = 0});
  }

  Weights weights() const {
    baton_model model{};
    model.tensors = tensors.data();
    model.tensor_count = tensors.size();
    return Weights(model);
  }
};

void test_numbers() {
  const float numbers[][2] = {{0x00, 0.0F},    {0x01, 0x1p-9F}, {0x07, 7 * 0x1p-9F},
                              {0x08, 0x1p-6F}, {0x38, 1.0F},    {0x3c, 1.5F},
                              {0xb8, -1.0F},   {0x7e, 448.0F},  {0xfe, -448.0F}};
  for (const auto& [code, value] : numbers) {
    const float got = e4m3_to_float(static_cast<std::uint8_t>(code));
    CHECK(got == value, "%g: %g, not %g", code, got, value);
  }
  CHECK(std::isnan(e4m3_to_float(0x7f)) && std::isnan(e4m3_to_float(0xff)), "no NaN");
}

void test_scaled(const std::vector<float>& scales) {
  const Checkpoint checkpoint(scales);
  const Weights weights = checkpoint.weights();
  const auto in_bf16 = weights.stack_bf16({{"w", kRows}, {"w", kRows}}, kColumns);
  const auto in_f32 = weights.stack_f32({{"w", kRows}, {"w", kRows}}, kColumns);
  CHECK(in_bf16.size() == 2 * kRows * kColumns && in_f32.size() == in_bf16.size(), "size");
  for (std::size_t i = 0; i < in_bf16.size(); ++i) {
    const std::size_t at = i % checkpoint.codes.size();
    const float scale = scales[scales.size() == 1 ? 0 : at / kColumns];
    const bf16 expected = to_bf16(e4m3_to_float(checkpoint.codes[at]) * scale);
    CHECK(in_bf16[i] == expected, "%zu: %g, not %g", i, to_float(in_bf16[i]), to_float(expected));
    CHECK(in_f32[i] == to_float(expected), "%zu as f32: %g", i, in_f32[i]);
  }
  bf16 last[kColumns];
  Bf16Rows(weights, {"w", kRows}, kColumns).read(kRows - 1, 1, last);
  CHECK(std::equal(last, last + kColumns, in_bf16.end() - kColumns), "the last row alone");
  CHECK(weights.scales("w", kRows).size() == kRows, "a scale for each row");
  CHECK(weights.all_e4m3({{"w", kRows}}, kColumns), "all in e4m3");
}

template <class Read>
void expect_failure(const std::string& words, Read&& read) {
  try {
    read();
  } catch (const Failure& failure) {
    CHECK(failure.status() == BATON_MODEL_ERROR &&
              std::string(failure.what()).find(words) != std::string::npos,
          "%s", failure.what());
    return;
  }
  CHECK(false, "nothing failed: %s", words.c_str());
}

}  // namespace

int main() {
  test_numbers();
  test_scaled({0.1F, 2.0F, 0.037F});
  test_scaled({0.3F});
  auto read = [](const Checkpoint& checkpoint) {
    return [&] { checkpoint.weights().stack_bf16({{"w", kRows}}, kColumns); };
  };
  Checkpoint without({1.0F});
  without.tensors.pop_back();
  expect_failure("tensor w_scale is missing", read(without));
  expect_failure("tensor w_scale has shape [2, 1], expected [3, 1]", read(Checkpoint({1, 1})));
  expect_failure("tensor w_scale has the scale",
                 read(Checkpoint({1, std::numeric_limits<float>::infinity(), 1})));
  expect_failure("tensor w_scale has the scale -1", read(Checkpoint({-1})));
  const Checkpoint good({1.0F});
  expect_failure("tensor w has shape", [&] { good.weights().vector("w", 12); });
  return 0;
}
