// The kernels between the products against double precision. Outputs hold NaN before a kernel runs,
// and one row more than it may write.
#include <algorithm>
#include <chrono>
#include <random>

#include "device_data.hpp"
#include "gather.hpp"
#include "norm.hpp"
#include "rope_fixture.hpp"
#include "swiglu.hpp"

using namespace baton::testing;
using namespace baton::cuda;

namespace {

std::uint64_t seed = 1;

/// `values` without the row behind the end, which must still be NaN.
std::vector<float> within(std::vector<float> values, std::size_t row, const char* what) {
  for (std::size_t i = values.size() - row; i < values.size(); ++i) {
    CHECK(std::isnan(values[i]), "%s: wrote behind the end", what);
  }
  values.resize(values.size() - row);
  return values;
}

void expect_close(const std::vector<float>& out, const std::vector<double>& expected,
                  double tolerance, const char* what, int rows, int width) {
  CHECK(out.size() == expected.size(), "%s: %zu values, not %zu", what, out.size(),
        expected.size());
  const double error = relative_error(out, expected);
  CHECK(error < tolerance, "%s, %d rows of %d: relative error %g", what, rows, width, error);
  std::printf("%s, %d rows of %d: relative error %.2e\n", what, rows, width, error);
}

void test_embed(int rows, int hidden) {
  const int vocabulary = 37;
  const auto table = to_bf16(noise(static_cast<std::size_t>(vocabulary) * hidden, seed++));
  std::mt19937_64 random(seed++);
  std::vector<std::int32_t> tokens;
  for (int i = 0; i < rows; ++i) tokens.push_back(static_cast<int>(random() % vocabulary));
  tokens.back() = vocabulary - 1;
  const auto device_table = upload_bf16(table);
  const auto out = poisoned<float>(static_cast<std::size_t>(rows + 1) * hidden);
  // every other token is one that the step before has sampled
  std::vector<baton_sample> samples(tokens.size());
  auto ids = tokens;
  for (std::size_t i = 0; i < tokens.size(); i += 2) {
    samples[tokens.size() - 1 - i].token = tokens[i];
    ids[i] = -static_cast<std::int32_t>(tokens.size() - i);
  }
  const auto device_ids = upload(ids);
  const auto device_samples = upload(samples);
  embed(device_ids.data(), device_samples.data(), device_table.data(), rows, hidden, {out.data()},
        nullptr);
  const auto got = within(download(out), hidden, "embed");
  for (int row = 0; row < rows; ++row) {
    for (int i = 0; i < hidden; ++i) {
      const float expected = baton::to_float(table[std::size_t(tokens[row]) * hidden + i]);
      CHECK(got[std::size_t(row) * hidden + i] == expected, "embed: row %d, %d", row, i);
    }
  }

  // and what the norm behind it needs
  const auto weight = noise(hidden, seed++, 2);
  const auto device_weight = upload(weight);
  const auto again = poisoned<float>(static_cast<std::size_t>(rows) * hidden);
  const auto x = poisoned<bf16_t>(static_cast<std::size_t>(rows + 1) * hidden);
  const auto squares = poisoned<float>(rows + 1);
  embed(device_ids.data(), device_samples.data(), device_table.data(), rows, hidden,
        {again.data(), device_weight.data(), x.data(), squares.data()}, nullptr);
  CHECK(download(again) == got, "embed with a norm behind it: another residual");
  std::vector<double> expected_x, expected_squares(rows);
  for (std::size_t i = 0; i < got.size(); ++i) {
    expected_x.push_back(double{got[i]} * weight[i % hidden]);
    expected_squares[i / hidden] += double{got[i]} * got[i];
  }
  expect_close(within(download(x), hidden, "embed"), expected_x, 3e-3, "embed times weight", rows,
               hidden);
  expect_close(within(download(squares), 1, "embed"), expected_squares, 1e-5, "embed, squares", rows,
               hidden);
}

/// The RMSNorm of some rows of residual[rows][hidden].
std::vector<double> norm_reference(const std::vector<float>& residual,
                                   const std::vector<float>& weight, float epsilon,
                                   const std::vector<std::int32_t>& rows) {
  const std::size_t hidden = weight.size();
  std::vector<double> out;
  for (const std::int32_t row : rows) {
    const float* x = &residual[static_cast<std::size_t>(row) * hidden];
    double squares = 0;
    for (std::size_t i = 0; i < hidden; ++i) squares += double{x[i]} * x[i];
    const double scale = 1 / std::sqrt(squares / static_cast<double>(hidden) + epsilon);
    for (std::size_t i = 0; i < hidden; ++i) out.push_back(x[i] * scale * weight[i]);
  }
  return out;
}

void test_norm(int rows, int hidden) {
  const auto residual = noise(static_cast<std::size_t>(rows) * hidden, seed++, 3);
  const auto weight = noise(hidden, seed++, 2);
  const auto device_residual = upload(residual);
  const auto device_weight = upload(weight);
  std::vector<std::int32_t> order;
  for (int i = 0; i < rows; ++i) order.push_back(i);
  auto test = [&](const std::int32_t* named, const char* what) {
    const auto count = static_cast<int>(order.size());
    const auto out = poisoned<bf16_t>(static_cast<std::size_t>(count + 1) * hidden);
    rms_norm(device_residual.data(), named, device_weight.data(), 1e-5F, count, hidden, out.data(),
             nullptr);
    expect_close(within(download(out), hidden, what), norm_reference(residual, weight, 1e-5F, order),
                 3e-3, what, count, hidden);
  };
  test(nullptr, "rms_norm");

  // some rows, in any order, one of them twice
  std::shuffle(order.begin(), order.end(), std::mt19937_64(seed++));
  order.resize(static_cast<std::size_t>(rows + 1) / 2);
  order.push_back(order[0]);
  test(upload(order).data(), "rms_norm of some rows");
  CHECK(download(device_residual) == residual, "rms_norm changed the residual");
}

void test_rope(const AttentionShape& shape, int rows, bool fp8) {
  const RopeFixture fixture(shape, rows, fp8, seed);
  seed += 4;
  const auto width = static_cast<std::size_t>(shape.heads + 2 * shape.kv_heads) * shape.head_dim;
  const auto qkv = to_bf16(noise(rows * width, seed++, 2));
  const auto device_qkv = upload_bf16(qkv);
  rope_store(device_qkv.data(), fixture.target(), rows, nullptr);
  const auto values = to_floats(qkv);
  fixture.expect({values.begin(), values.end()}, "rope_store");
}

/// What e4m3 cannot hold becomes its largest number, not a NaN.
void test_saturation() {
  const auto qkv = upload_bf16(to_bf16({1, 2, 1000, -1e6F, 500, 3}));  // a q, k and v of 2
  const auto cosine = upload<float>({1});
  const auto sine = upload<float>({0});
  const auto zero = upload<std::int32_t>({0});
  const auto q = poisoned<bf16_t>(2);
  const auto memory = poisoned<std::uint8_t>(2 * BATON_BLOCK_TOKENS * 2);
  const KvView pool{memory.data(), 2 * BATON_BLOCK_TOKENS * 2, 2 * BATON_BLOCK_TOKENS * 2, 2, true};
  rope_store(qkv.data(),
             {{1, 1, 2}, cosine.data(), sine.data(), {nullptr, zero.data(), zero.data()}, 0,
              q.data(), pool},
             1, nullptr);
  const auto got = to_floats(download(memory));
  const std::size_t v = 2 * BATON_BLOCK_TOKENS;
  CHECK(got[0] == 448 && got[1] == -448 && got[v] == 448 && got[v + 1] == 3,
        "saturation: %g %g %g %g", got[0], got[1], got[v], got[v + 1]);
}

void test_swiglu(int rows, int inner) {
  const auto gate_up = to_bf16(noise(static_cast<std::size_t>(rows) * 2 * inner, seed++, 6));
  const auto device_gate_up = upload_bf16(gate_up);
  const auto out = poisoned<bf16_t>(static_cast<std::size_t>(rows + 1) * inner);
  swiglu(device_gate_up.data(), rows, inner, out.data(), nullptr);
  std::vector<double> expected;
  for (int row = 0; row < rows; ++row) {
    for (int i = 0; i < inner; ++i) {
      const baton::bf16* from = &gate_up[static_cast<std::size_t>(row) * 2 * inner];
      const double gate = baton::to_float(from[i]);
      expected.push_back(gate / (1 + std::exp(-gate)) * baton::to_float(from[inner + i]));
    }
  }
  expect_close(within(download(out), inner, "swiglu"), expected, 3e-3, "swiglu", rows, inner);
}

void test_gather(int rows, int columns, int count) {
  const auto from = noise(static_cast<std::size_t>(rows) * columns, seed++);
  std::vector<std::int32_t> wanted;
  for (int i = 0; i < count; ++i) wanted.push_back((i * 7 + 3) % rows);
  const auto device_from = upload(from);
  const auto device_wanted = upload(wanted);
  const auto to = poisoned<float>(static_cast<std::size_t>(count + 1) * columns);
  gather_rows(device_from.data(), device_wanted.data(), count, sizeof(float) * columns, to.data(),
              nullptr);
  const auto got = download(to);
  for (int i = 0; i < count; ++i) {
    const float* expected = &from[static_cast<std::size_t>(wanted[i]) * columns];
    CHECK(std::equal(expected, expected + columns, &got[static_cast<std::size_t>(i) * columns]),
          "gather_rows: row %d of %d, %d columns", i, count, columns);
  }
  CHECK(std::isnan(got[static_cast<std::size_t>(count) * columns]),
        "gather_rows wrote behind the end");
}

}  // namespace

int main() {
  seed = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (const int rows : {1, 3, 300}) {
    for (const int hidden : {64, 4096, 1000, 1002}) {
      test_embed(rows, hidden);
      test_norm(rows, hidden);
    }
    for (const auto& shape : {AttentionShape{32, 8, 128}, AttentionShape{6, 2, 64},
                              AttentionShape{5, 1, 20}}) {
      test_rope(shape, rows, false);
      test_rope(shape, rows, true);
    }
    for (const int inner : {64, 14336, 1000, 1001}) test_swiglu(rows, inner);
  }
  for (const int columns : {4096, 6, 1}) test_gather(13, columns, 9);
  test_norm(2, 14336);  // the widest rows
  test_norm(2, 16384);
  test_norm(2, 16382);
  test_saturation();
  return 0;
}
