// The kernels between the products against double precision. Outputs hold NaN before a kernel runs,
// and one row more than it may write.
#include <algorithm>
#include <chrono>
#include <random>

#include "device_data.hpp"
#include "elementwise.hpp"

using namespace baton::testing;
using namespace baton::cuda;
using baton::bf16;

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
  embed(device_ids.data(), device_samples.data(), device_table.data(), rows, hidden, out.data(),
        nullptr);
  const auto got = within(download(out), hidden, "embed");
  for (int row = 0; row < rows; ++row) {
    for (int i = 0; i < hidden; ++i) {
      const float expected = baton::to_float(table[std::size_t(tokens[row]) * hidden + i]);
      CHECK(got[std::size_t(row) * hidden + i] == expected, "embed: row %d, %d", row, i);
    }
  }
}

/// The RMSNorm of residual + delta, row by row; `sums` gets residual + delta.
std::vector<double> norm_reference(const std::vector<float>& residual,
                                   const std::vector<float>& delta,
                                   const std::vector<float>& weight, float epsilon,
                                   const std::vector<std::int32_t>& rows,
                                   std::vector<float>& sums) {
  const std::size_t hidden = weight.size();
  sums = residual;
  if (!delta.empty()) {
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += delta[i];
  }
  std::vector<double> out;
  for (const std::int32_t row : rows) {
    const float* x = &sums[static_cast<std::size_t>(row) * hidden];
    double squares = 0;
    for (std::size_t i = 0; i < hidden; ++i) squares += double{x[i]} * x[i];
    const double scale = 1 / std::sqrt(squares / static_cast<double>(hidden) + epsilon);
    for (std::size_t i = 0; i < hidden; ++i) out.push_back(x[i] * scale * weight[i]);
  }
  return out;
}

void test_norm(int rows, int hidden, bool with_delta) {
  const auto size = static_cast<std::size_t>(rows) * hidden;
  const auto residual = noise(size, seed++, 3);
  const auto delta = to_bf16(noise(with_delta ? size : 0, seed++));
  const auto weight = noise(hidden, seed++, 2);
  const auto device_delta = upload_bf16(delta);
  const auto device_weight = upload(weight);
  const bf16_t* added = with_delta ? device_delta.data() : nullptr;

  auto longer = residual;
  longer.resize(size + hidden, NAN);
  const auto device_residual = upload(longer);
  const auto out = poisoned<bf16_t>(size + hidden);
  add_rms_norm(device_residual.data(), added, device_weight.data(), 1e-5F, rows, hidden,
               out.data(), nullptr);
  std::vector<std::int32_t> order;
  for (int i = 0; i < rows; ++i) order.push_back(i);
  std::vector<float> sums;
  const auto expected = norm_reference(residual, to_floats(delta), weight, 1e-5F, order, sums);
  expect_close(within(download(out), hidden, "add_rms_norm"), expected, 3e-3,
               with_delta ? "add_rms_norm" : "rms_norm", rows, hidden);
  const auto updated = within(download(device_residual), hidden, "residual");
  for (std::size_t i = 0; i < size; ++i) {
    CHECK(updated[i] == sums[i], "residual %zu of %zu: %g, not %g", i, size, updated[i], sums[i]);
  }

  // some rows of the same, in any order, one of them twice
  std::shuffle(order.begin(), order.end(), std::mt19937_64(seed++));
  order.resize(static_cast<std::size_t>(rows + 1) / 2);
  order.push_back(order[0]);
  const auto device_rows = upload(order);
  const auto before = upload(residual);
  const auto gathered = poisoned<bf16_t>((order.size() + 1) * hidden);
  gather_add_rms_norm(before.data(), added, device_rows.data(), device_weight.data(), 1e-5F,
                      static_cast<int>(order.size()), hidden, gathered.data(), nullptr);
  const auto chosen = norm_reference(residual, to_floats(delta), weight, 1e-5F, order, sums);
  expect_close(within(download(gathered), hidden, "gather_add_rms_norm"), chosen, 3e-3,
               "gather_add_rms_norm", static_cast<int>(order.size()), hidden);
  CHECK(download(before) == residual, "gather_add_rms_norm changed the residual");
}

void test_rope(const RopeShape& shape, int rows, bool fp8) {
  const int layers = 3;
  const int layer = 1;
  const int dim = shape.head_dim;
  const int half = dim / 2;
  const int positions = 64;
  const int all_heads = shape.heads + 2 * shape.kv_heads;
  const int blocks = (rows + BATON_BLOCK_TOKENS - 1) / BATON_BLOCK_TOKENS + 2;
  const std::int64_t head_stride = std::int64_t{2} * layers * BATON_BLOCK_TOKENS * dim;
  const std::int64_t block_stride = head_stride * shape.kv_heads;
  const auto qkv = to_bf16(noise(static_cast<std::size_t>(rows) * all_heads * dim, seed++, 2));
  const auto cosine = noise(static_cast<std::size_t>(positions) * half, seed++);
  const auto sine = noise(static_cast<std::size_t>(positions) * half, seed++);
  const auto pool_values = noise(static_cast<std::size_t>(block_stride * blocks), seed++);
  const auto pool_before = to_bf16(pool_values);
  const auto fp8_before = to_e4m3(pool_values);
  std::mt19937_64 random(seed++);
  std::vector<std::int32_t> at, slots(static_cast<std::size_t>(blocks) * BATON_BLOCK_TOKENS);
  for (int i = 0; i < rows; ++i) at.push_back(static_cast<int>(random() % positions));
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i] = static_cast<int>(i);
  std::shuffle(slots.begin(), slots.end(), random);
  slots.resize(rows);

  const auto device_qkv = upload_bf16(qkv);
  const auto device_cosine = upload(cosine);
  const auto device_sine = upload(sine);
  const auto device_at = upload(at);
  const auto device_slots = upload(slots);
  const auto device_pool = upload_bf16(pool_before);
  const auto device_fp8 = upload(fp8_before);
  const auto row = static_cast<std::size_t>(shape.heads) * dim;
  const auto q = poisoned<bf16_t>((rows + 1) * row);
  void* memory = fp8 ? static_cast<void*>(device_fp8.data()) : device_pool.data();
  const KvView pool{memory, block_stride, head_stride, dim, fp8};
  rope_store(device_qkv.data(), {nullptr, device_at.data(), device_slots.data()},
             device_cosine.data(), device_sine.data(), shape, rows, layer, q.data(), pool,
             nullptr);

  std::vector<double> expected_q, expected_kv;
  std::vector<float> got_kv;
  auto got_pool = fp8 ? to_floats(download(device_fp8)) : download(device_pool);
  const auto untouched = fp8 ? to_floats(fp8_before) : to_floats(pool_before);
  for (int token = 0; token < rows; ++token) {
    for (int head = 0; head < all_heads; ++head) {
      const bf16* x = &qkv[(static_cast<std::size_t>(token) * all_heads + head) * dim];
      const int kv_head = head - shape.heads;
      const bool value = kv_head >= shape.kv_heads;
      std::vector<double> rotated(dim);
      for (int i = 0; i < half; ++i) {
        const double a = baton::to_float(x[i]);
        const double b = baton::to_float(x[i + half]);
        const double c = value ? 1.0 : cosine[static_cast<std::size_t>(at[token]) * half + i];
        const double s = value ? 0.0 : sine[static_cast<std::size_t>(at[token]) * half + i];
        rotated[i] = a * c - b * s;
        rotated[i + half] = b * c + a * s;
      }
      if (kv_head < 0) {
        expected_q.insert(expected_q.end(), rotated.begin(), rotated.end());
        continue;
      }
      const int in_block = slots[token] % BATON_BLOCK_TOKENS;
      const auto from = static_cast<std::size_t>(
          slots[token] / BATON_BLOCK_TOKENS * block_stride + kv_head % shape.kv_heads * head_stride +
          ((2 * layer + (value ? 1 : 0)) * BATON_BLOCK_TOKENS + in_block) * dim);
      for (int i = 0; i < dim; ++i) {
        if (value) {
          const auto v = static_cast<float>(rotated[i]);
          CHECK(got_pool[from + i] == (fp8 ? from_e4m3(to_e4m3(v)) : v), "V of token %d differs",
                token);
        }
        expected_kv.push_back(rotated[i]);
        got_kv.push_back(got_pool[from + i]);
        got_pool[from + i] = untouched[from + i];
      }
    }
  }
  expect_close(within(download(q), row, "rope_store"), expected_q, 3e-3, "rotated queries", rows,
               dim);
  expect_close(got_kv, expected_kv, fp8 ? 4e-2 : 3e-3, fp8 ? "stored e4m3 K and V" : "stored K and V",
               rows, dim);
  CHECK(got_pool == untouched, "rope_store wrote outside of its slots");
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
  rope_store(qkv.data(), {nullptr, zero.data(), zero.data()}, cosine.data(), sine.data(), {1, 1, 2},
             1, 0, q.data(), pool, nullptr);
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
      const bf16* from = &gate_up[static_cast<std::size_t>(row) * 2 * inner];
      const double gate = baton::to_float(from[i]);
      expected.push_back(gate / (1 + std::exp(-gate)) * baton::to_float(from[inner + i]));
    }
  }
  expect_close(within(download(out), inner, "swiglu"), expected, 3e-3, "swiglu", rows, inner);
}

}  // namespace

int main() {
  seed = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (const int rows : {1, 3, 300}) {
    for (const int hidden : {64, 4096, 1000, 1002}) {
      test_embed(rows, hidden);
      test_norm(rows, hidden, true);
      test_norm(rows, hidden, false);
    }
    for (const RopeShape shape : {RopeShape{32, 8, 128}, RopeShape{6, 2, 64}, RopeShape{5, 1, 20}}) {
      test_rope(shape, rows, false);
      test_rope(shape, rows, true);
    }
    for (const int inner : {64, 14336, 1000, 1001}) test_swiglu(rows, inner);
  }
  test_norm(2, 14336, true);  // the widest rows
  test_norm(2, 16384, true);
  test_norm(2, 16382, true);
  test_saturation();
  return 0;
}
