// Matrix products against double precision, for both weight types.
// BATON_WITHOUT_CUBLASLT=1 leaves out what needs cuBLASLt, where that is missing or may not run.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "device_data.hpp"
#include "products.hpp"
#include "rope_fixture.hpp"
#include "small.hpp"

using namespace baton::testing;
using namespace baton::cuda;

namespace {

std::uint64_t seed = 1;

/// A weight on both sides; `values` are what the device multiplies by, scales included.
struct Weight {
  DeviceBuffer<std::uint8_t> data;
  DeviceBuffer<float> scales;
  std::vector<float> values;
  Matrix matrix;
};

Weight random_weight(int outputs, int inputs, bool fp8) {
  Weight out;
  const auto raw = noise(static_cast<std::size_t>(outputs) * inputs, seed++);
  if (fp8) {
    const auto quantised = to_e4m3(raw);
    auto scales = noise(outputs, seed++);
    for (float& scale : scales) scale = 1.5F + scale;  // 0.5 .. 2.5
    out.values = to_floats(quantised);
    for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] *= scales[i / inputs];
    out.data = upload(quantised);
    out.scales = upload(scales);
  } else {
    const auto rounded = to_bf16(raw);
    out.values = to_floats(rounded);
    out.data = DeviceBuffer<std::uint8_t>(rounded.size() * 2);
    BATON_CUDA(cudaMemcpy(out.data.data(), rounded.data(), out.data.bytes(),
                          cudaMemcpyHostToDevice));
  }
  out.matrix = {out.data.data(), fp8 ? out.scales.data() : nullptr, outputs, inputs};
  return out;
}

std::vector<double> reference(const std::vector<float>& x, const Weight& weight, int rows) {
  const auto inputs = static_cast<std::size_t>(weight.matrix.inputs);
  const auto outputs = static_cast<std::size_t>(weight.matrix.outputs);
  std::vector<double> out(static_cast<std::size_t>(rows) * outputs);
  const std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::thread> workers;
  for (std::size_t t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      for (std::size_t at = t; at < out.size(); at += threads) {
        const float* a = &x[at / outputs * inputs];
        const float* b = &weight.values[at % outputs * inputs];
        for (std::size_t i = 0; i < inputs; ++i) out[at] += double{a[i]} * b[i];
      }
    });
  }
  for (auto& worker : workers) worker.join();
  return out;
}

/// Compares out[rows + 1][outputs], whose last row must still be NaN.
template <class Out>
void expect_close(const DeviceBuffer<Out>& device_out, const std::vector<double>& expected,
                  double tolerance, const char* what, const Matrix& weight) {
  const auto out = download(device_out);
  for (std::size_t i = expected.size(); i < out.size(); ++i) {
    CHECK(std::isnan(out[i]), "%s: wrote behind the end", what);
  }
  const double error = relative_error(out, expected);
  char name[128];
  std::snprintf(name, sizeof name, "%s, %zu x %d by %d, %s to %s", what,
                expected.size() / weight.outputs, weight.inputs, weight.outputs,
                weight.is_fp8() ? "e4m3" : "bf16", sizeof(Out) == 2 ? "bf16" : "fp32");
  CHECK(error < tolerance, "%s: relative error %g", name, error);
  std::printf("%s: relative error %.2e\n", name, error);
}

template <class Out>
constexpr double rounding() {
  return std::is_same_v<Out, float> ? 2e-5 : 4e-3;  // half a unit in the last place of bf16
}

constexpr float kEpsilon = 1e-5F;

/// Rows of x, complete or with a norm to be finished, as the multiply_few functions take them.
/// `values` are what they stand for.
struct Rows {
  DeviceBuffer<bf16_t> x;
  DeviceBuffer<float> squares;
  DeviceBuffer<std::int32_t> chosen;
  std::vector<float> values;
  Normed normed;
};

enum class Norm { kComplete, kToFinish, kOfChosenRows };

Rows random_rows(int rows, int inputs, Norm norm, double scale) {
  Rows out;
  const bool complete = norm == Norm::kComplete;
  const int stored = norm == Norm::kOfChosenRows ? 2 * rows + 1 : rows;
  const int parts = 1 + static_cast<int>(seed % 300);
  // rows of sizes far apart, which the norm takes back to `scale`
  auto x = noise(static_cast<std::size_t>(stored) * inputs, seed++, scale);
  std::vector<float> squares;
  std::vector<double> factors;
  for (int row = 0; row < stored; ++row) {
    const float size = complete ? 1.0F : std::ldexp(1.0F, 6 * (row % 3) - 6);
    for (int i = 0; i < inputs; ++i) x[static_cast<std::size_t>(row) * inputs + i] *= size;
    double sum = 0;
    for (const float part : noise(parts, seed++)) {
      squares.push_back((1.0F + part / 2) * size * size * inputs / static_cast<float>(parts));
      sum += squares.back();
    }
    factors.push_back(complete ? 1 : 1 / std::sqrt(sum / inputs + kEpsilon));
  }
  const auto rounded = to_bf16(x);
  const auto floats = to_floats(rounded);
  std::vector<std::int32_t> chosen;
  for (int row = 0; row < rows; ++row) {
    chosen.push_back(norm == Norm::kOfChosenRows ? stored - 1 - 2 * (row / 2) : row);  // some twice
    for (int i = 0; i < inputs; ++i) {
      const auto from = static_cast<std::size_t>(chosen.back());
      out.values.push_back(static_cast<float>(floats[from * inputs + i] * factors[from]));
    }
  }
  out.x = upload_bf16(rounded);
  out.squares = upload(squares);
  out.chosen = upload(chosen);
  out.normed = {out.x.data()};
  if (!complete) out.normed = {out.x.data(), out.squares.data(), parts, kEpsilon};
  if (norm == Norm::kOfChosenRows) out.normed.rows = out.chosen.data();
  return out;
}

template <class Out>
void test_few(int rows, int outputs, int inputs, bool fp8, Norm norm) {
  const Weight weight = random_weight(outputs, inputs, fp8);
  const Rows x = random_rows(rows, inputs, norm, 2);
  const auto out = poisoned<Out>(static_cast<std::size_t>(rows + 1) * outputs);
  multiply_few(x.normed, weight.matrix, rows, out.data(), nullptr);
  expect_close(out, reference(x.values, weight, rows), rounding<Out>(),
               norm == Norm::kComplete ? "few rows" : "few rows, norm to finish", weight.matrix);
}

/// The gated product; the reference does not round gate and up either.
void test_gated(int rows, int inner, int inputs, bool fp8, Norm norm) {
  const Weight weight = random_weight(2 * inner, inputs, fp8);
  // scores of a few units, where the activation bends
  const Rows x = random_rows(rows, inputs, norm, 4 / std::sqrt(static_cast<double>(inputs)));
  const auto both = reference(x.values, weight, rows);
  std::vector<double> expected;
  for (int row = 0; row < rows; ++row) {
    for (int i = 0; i < inner; ++i) {
      const double gate = both[static_cast<std::size_t>(row) * 2 * inner + i];
      const double up = both[static_cast<std::size_t>(row) * 2 * inner + inner + i];
      expected.push_back(gate / (1 + std::exp(-gate)) * up);
    }
  }
  const auto out = poisoned<bf16_t>(static_cast<std::size_t>(rows + 1) * inner);
  const bool few = rows <= kFewRows;
  few ? multiply_few_swiglu(x.normed, weight.matrix, rows, out.data(), nullptr)
      : multiply_many_swiglu(x.x.data(), weight.matrix, rows, out.data(), nullptr);
  Matrix half = weight.matrix;
  half.outputs = inner;
  expect_close(out, expected, rounding<bf16_t>(), few ? "gated, few rows" : "gated, many rows",
               half);
}

/// The product that writes the residual, and what it leaves for the norm behind it.
void test_few_add(int rows, int outputs, int inputs, bool fp8) {
  const Weight weight = random_weight(outputs, inputs, fp8);
  const Rows x = random_rows(rows, inputs, Norm::kComplete, 2);
  const auto size = static_cast<std::size_t>(rows) * outputs;
  auto before = noise(size, seed++, 9);
  before.resize(size + outputs, NAN);
  const auto norm_weight = noise(outputs, seed++, 2);
  const auto device_norm = upload(norm_weight);
  auto expected = reference(x.values, weight, rows);
  for (std::size_t i = 0; i < size; ++i) expected[i] += before[i];

  const auto alone = upload(before);
  multiply_few_add(x.x.data(), weight.matrix, rows, {alone.data()}, nullptr);
  expect_close(alone, expected, rounding<float>(), "few rows, added", weight.matrix);

  const auto sum = upload(before);
  const auto left = poisoned<bf16_t>(size + outputs);
  const auto parts = static_cast<std::size_t>(norm_parts(outputs));
  const auto squares = poisoned<float>((rows + 1) * parts);
  multiply_few_add(x.x.data(), weight.matrix, rows,
                   {sum.data(), device_norm.data(), left.data(), squares.data()}, nullptr);
  const auto got = download(sum);
  CHECK(std::equal(got.begin(), got.begin() + static_cast<long>(size), download(alone).begin()),
        "few rows, added: another residual with a norm behind it");
  std::vector<double> times_weight, of_squares(rows * parts);
  for (std::size_t i = 0; i < size; ++i) {
    times_weight.push_back(double{got[i]} * norm_weight[i % outputs]);
    of_squares[i / outputs * parts + i % outputs / kNormPart] += double{got[i]} * got[i];
  }
  expect_close(left, times_weight, rounding<bf16_t>(), "left for the norm", weight.matrix);
  const auto got_squares = download(squares);
  CHECK(std::isnan(got_squares[rows * parts]), "squares: wrote behind the end");
  const double error = relative_error(got_squares, of_squares);
  CHECK(error < 1e-5, "squares, %d rows of %d: relative error %g", rows, outputs, error);
}

/// A row does not depend on the others, to the bit.
void test_alone(bool fp8) {
  const int outputs = 520;
  const Weight weight = random_weight(outputs, 4096, fp8);
  const Rows x = random_rows(kFewRows, 4096, Norm::kToFinish, 2);
  DeviceBuffer<float> all(static_cast<std::size_t>(kFewRows) * outputs), one(outputs);
  multiply_few(x.normed, weight.matrix, kFewRows, all.data(), nullptr);
  const auto of_all = download(all);
  for (int row = 0; row < kFewRows; ++row) {
    Normed alone = x.normed;
    alone.x += std::int64_t{row} * 4096;
    alone.squares += std::int64_t{row} * alone.parts;
    multiply_few(alone, weight.matrix, 1, one.data(), nullptr);
    CHECK(std::equal(of_all.begin() + row * outputs, of_all.begin() + (row + 1) * outputs,
                     download(one).begin()),
          "row %d alone differs from the same beside others", row);
  }
}

void test_few_rope(const AttentionShape& shape, int rows, int inputs, bool fp8, bool fp8_pool) {
  const int width = (shape.heads + 2 * shape.kv_heads) * shape.head_dim;
  const Weight weight = random_weight(width, inputs, fp8);
  const Rows x =
      random_rows(rows, inputs, Norm::kToFinish, 4 / std::sqrt(static_cast<double>(inputs)));
  const RopeFixture fixture(shape, rows, fp8_pool, seed);
  seed += 4;
  multiply_few_rope(x.normed, weight.matrix, rows, fixture.target(), nullptr);
  fixture.expect(reference(x.values, weight, rows), "few rows, rotated");
}

void test_quantise(int rows, int inputs) {
  auto x = noise(static_cast<std::size_t>(rows) * inputs, seed++);
  for (int row = 0; row < rows; ++row) {
    const float size = row == rows / 2 ? 0.0F : std::ldexp(1.0F, row % 41 - 20);
    for (int i = 0; i < inputs; ++i) x[std::size_t(row) * inputs + i] *= size;
  }
  const auto rounded = to_bf16(x);
  x = to_floats(rounded);
  const auto device_x = upload_bf16(rounded);
  const auto q = poisoned<std::uint8_t>(static_cast<std::size_t>(rows + 1) * inputs);
  const auto scales = poisoned<float>(rows + 1);
  quantise_rows(device_x.data(), rows, inputs, q.data(), scales.data(), nullptr);
  const auto got = to_floats(download(q));
  const auto scale = download(scales);
  CHECK(std::isnan(scale[rows]) && std::isnan(got[std::size_t(rows) * inputs]),
        "quantise_rows wrote behind the end");
  for (int row = 0; row < rows; ++row) {
    const float* from = &x[std::size_t(row) * inputs];
    const float* to = &got[std::size_t(row) * inputs];
    float largest = 0;
    for (int i = 0; i < inputs; ++i) largest = std::max(largest, std::abs(from[i]));
    const float expected = largest > 0 ? largest / 448 : 1.0F;
    CHECK(std::abs(scale[row] - expected) <= 1e-6F * expected, "scale of row %d: %g, not %g", row,
          scale[row], expected);
    for (int i = 0; i < inputs; ++i) {  // half a step: 3 bits of mantissa, or the subnormal 2^-9
      const double step = std::max(std::abs(from[i]) / 16.0, std::ldexp(double{expected}, -10));
      CHECK(std::abs(double{to[i]} * scale[row] - from[i]) <= step * 1.0001,
            "row %d, %d of %d: %g became %g", row, i, inputs, from[i], to[i] * scale[row]);
    }
  }
  std::printf("quantise_rows, %d rows of %d\n", rows, inputs);
}

/// What an fp8 product multiplies: the rows as quantise_rows rounds them.
std::vector<float> quantised(const bf16_t* x, int rows, int inputs) {
  DeviceBuffer<std::uint8_t> q(static_cast<std::size_t>(rows) * inputs);
  DeviceBuffer<float> scales(rows);
  quantise_rows(x, rows, inputs, q.data(), scales.data(), nullptr);
  auto values = to_floats(download(q));
  const auto scale = download(scales);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] *= scale[i / inputs];
  return values;
}

template <class Out>
void test_products(Products& products, int rows, int outputs, int inputs, bool fp8) {
  const auto x = to_bf16(noise(static_cast<std::size_t>(rows) * inputs, seed++, 2));
  const auto device_x = upload_bf16(x);
  // the tensor cores sum e4m3 products in fewer bits than fp32 has
  const double tolerance = fp8 ? 1e-2 : rounding<Out>();
  const auto size = static_cast<std::size_t>(rows + 1) * outputs;
  const auto factors = fp8 && rows > kFewRows ? quantised(device_x.data(), rows, inputs)
                                              : to_floats(x);
  const Weight weight = random_weight(outputs, inputs, fp8);
  const auto expected = reference(factors, weight, rows);
  const auto out = poisoned<Out>(size);
  products.run({device_x.data()}, weight.matrix, rows, out.data(), nullptr);
  expect_close(out, expected, tolerance, "product", weight.matrix);

  // the plan serves another weight of the same shape too
  const Weight other = random_weight(outputs, inputs, fp8);
  const auto of_other = poisoned<Out>(size);
  products.run({device_x.data()}, other.matrix, rows, of_other.data(), nullptr);
  expect_close(of_other, reference(factors, other, rows), tolerance, "product, other weight",
               other.matrix);
  if constexpr (sizeof(Out) == sizeof(float)) {
    auto sums = noise(static_cast<std::size_t>(rows) * outputs, seed++, 3);
    const auto total = upload(sums);
    products.tune(true);  // its values do not count
    products.add(device_x.data(), weight.matrix, rows, {poisoned<float>(size).data()}, nullptr);
    products.tune(false);
    products.add(device_x.data(), weight.matrix, rows, {total.data()}, nullptr);
    const auto got = download(total);
    std::vector<double> want(expected.begin(), expected.end());
    for (std::size_t i = 0; i < want.size(); ++i) want[i] += sums[i];
    const double error = relative_error(got, want);
    CHECK(error < tolerance, "sum, %d rows: relative error %g", rows, error);
  }
}

/// Whether to test what needs cuBLASLt.
bool has_cublas_lt() {
  const char* without = std::getenv("BATON_WITHOUT_CUBLASLT");
  if (without == nullptr || std::strcmp(without, "1") != 0) return true;
  std::printf("left out because BATON_WITHOUT_CUBLASLT=1: products of cuBLASLt\n");
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  const bool small = take_small(argc, argv);
  using Sizes = std::vector<std::pair<int, int>>;  // outputs, inputs
  seed = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  // 4300 outputs are more CTAs than keep many loads in flight; small: 4112 inputs are more than two
  // turns of a CTA's warps, 35 outputs several CTAs
  const Sizes few_sizes = small ? Sizes{{35, 4112}, {7, 64}, {4300, 64}}
                                : Sizes{{1003, 4096}, {7, 64}, {130, 14336}, {4300, 528}};
  for (const bool fp8 : {false, true}) {
    for (int rows = 1; rows <= kFewRows; rows += small ? kFewRows - 1 : 1) {
      for (const auto& [outputs, inputs] : few_sizes) {
        test_few<bf16_t>(rows, outputs, inputs, fp8, rows % 2 ? Norm::kToFinish : Norm::kComplete);
        test_few<float>(rows, outputs, inputs, fp8, rows % 2 ? Norm::kComplete : Norm::kToFinish);
        test_few<float>(rows, outputs, inputs, fp8, Norm::kOfChosenRows);
        test_gated(rows, outputs / 2, inputs, fp8, rows % 2 ? Norm::kComplete : Norm::kToFinish);
        test_few_add(rows, outputs, inputs, fp8);
      }
      for (const auto& shape : {AttentionShape{4, 2, 128}, AttentionShape{3, 1, 64},
                                AttentionShape{5, 1, 20}}) {
        test_few_rope(shape, rows, 512, fp8, rows % 2 == 0);
      }
    }
    test_alone(fp8);
  }
  test_few<float>(3, 33, 4104, false, Norm::kComplete);  // inputs: not a multiple of 16
  test_few<bf16_t>(2, 19, 8, false, Norm::kToFinish);    // less than one turn of the warps
  // tiles and stages that are not full, a ring gone round and one that is not filled
  test_gated(600, 136, 584, false, Norm::kComplete);
  test_gated(513, 128, 72, false, Norm::kComplete);
  if (!small) {
    test_gated(1, 14336, 256, true, Norm::kToFinish);
    test_gated(777, 1000, 200, false, Norm::kComplete);
    test_gated(1024, 2560, 136, false, Norm::kComplete);  // several tiles a cluster
    test_gated(1100, 8, 1024, false, Norm::kComplete);
    test_few_add(8, 4096, 256, true);
  }
  test_quantise(2, 64);
  test_quantise(45, 1000);
  test_quantise(3, 4096);
  test_quantise(3, 14336);
  test_quantise(3, 16392);  // wider than the registers hold
  test_quantise(3, 1001);
  if (!has_cublas_lt()) return 0;
  const Sizes sizes = small ? Sizes{{80, 208}} : Sizes{{384, 1024}, {80, 208}};
  const std::vector<int> row_counts = small ? std::vector{kFewRows + 1}
                                            : std::vector{kFewRows + 1, 17, 64, 300};
  for (const bool fp8 : {false, true}) {
    Products products(300, 1024, fp8);
    for (const int rows : row_counts) {
      for (const auto& [outputs, inputs] : sizes) {
        test_products<bf16_t>(products, rows, outputs, inputs, fp8);
        test_products<float>(products, rows, outputs, inputs, fp8);
      }
    }
  }
  return 0;
}
