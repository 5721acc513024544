// RMSNorm, SwiGLU, rotary embedding and conversions of every instruction set against plain ones.
#include <cmath>
#include <vector>

#include "check.hpp"
#include "instruction_sets.hpp"
#include "philox.hpp"

namespace {

using namespace baton;

std::vector<float> noise(int count, std::uint64_t stream, double range) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) {
    values.push_back(
        static_cast<float>((uniform(stream, static_cast<std::uint64_t>(i)) * 2 - 1) * range));
  }
  return values;
}

/// Compares `count` activations with what they should be.
void compare(const cpu::Kernels& kernels, const void* actual, const std::vector<double>& expected,
             const char* what) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double value = kernels.bf16_activations ? to_float(static_cast<const bf16*>(actual)[i])
                                                  : static_cast<const float*>(actual)[i];
    const double tolerance = kernels.bf16_activations ? 4e-3 : 2e-6;
    CHECK(std::abs(value - expected[i]) <= tolerance * std::abs(expected[i]) + 1e-6,
          "%s of %s at %zu of %zu: %g, not %g", what, kernels.name, i, expected.size(), value,
          expected[i]);
  }
}

void check(const cpu::Kernels& kernels, int n) {
  const auto x = noise(n, 1, 3);
  const auto y = noise(n, 2, 90);
  std::vector<float> out(static_cast<std::size_t>(n) + 16);
  std::vector<double> expected;

  double squares = 0;
  for (const float v : x) squares += double{v} * v;
  for (int i = 0; i < n; ++i) {
    const auto at = static_cast<std::size_t>(i);
    expected.push_back(x[at] / std::sqrt(squares / n + 1e-5) * y[at]);
  }
  kernels.rms_norm(x.data(), y.data(), n, 1e-5F, out.data());
  compare(kernels, out.data(), expected, "rms_norm");

  expected.clear();
  for (std::size_t i = 0; i < x.size(); ++i) {
    expected.push_back(double{y[i]} / (1 + std::exp(-double{y[i]})) * x[i]);
  }
  kernels.swiglu(y.data(), x.data(), n, out.data());
  compare(kernels, out.data(), expected, "swiglu");

  const int half = n / 2;
  const auto angles = noise(half, 3, 3.14);
  std::vector<float> cosine, sine;
  for (const float angle : angles) {
    cosine.push_back(std::cos(angle));
    sine.push_back(std::sin(angle));
  }
  expected.assign(static_cast<std::size_t>(2 * half), 0);
  for (int i = 0; i < half; ++i) {
    const auto a = static_cast<std::size_t>(i);
    const auto b = static_cast<std::size_t>(i + half);
    expected[a] = double{x[a]} * cosine[a] - double{x[b]} * sine[a];
    expected[b] = double{x[b]} * cosine[a] + double{x[a]} * sine[a];
  }
  kernels.rope(x.data(), cosine.data(), sine.data(), 2 * half, out.data());
  compare(kernels, out.data(), expected, "rope");

  std::vector<bf16> packed(static_cast<std::size_t>(n));
  kernels.store_bf16(y.data(), n, packed.data());
  kernels.load_bf16(packed.data(), n, out.data());
  for (std::size_t i = 0; i < y.size(); ++i) {
    CHECK(packed[i] == to_bf16(y[i]) && out[i] == to_float(packed[i]), "bf16 of %s at %zu",
          kernels.name, i);
  }
}

}  // namespace

int main() {
  for (const cpu::Kernels* kernels : baton::testing::instruction_sets()) {
    for (const int n : {2, 6, 16, 20, 24, 64, 80, 202, 384}) check(*kernels, n);
  }
  return 0;
}
