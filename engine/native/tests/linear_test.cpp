// Matrix products against plain ones, and the same bits for a row whatever rows go with it and on
// however many threads.
#include <cmath>
#include <cstring>
#include <vector>

#include "bf16.hpp"
#include "check.hpp"
#include "error.hpp"
#include "linear.hpp"
#include "philox.hpp"

namespace {

using namespace baton;
using namespace baton::cpu;

constexpr int kRows = 150;

struct Values {
  std::vector<float> exact;
  std::vector<bf16> packed;
  Values(std::size_t count, std::uint64_t stream) {
    for (std::size_t i = 0; i < count; ++i) {
      packed.push_back(to_bf16(static_cast<float>(uniform(stream, i) * 2 - 1)));
      exact.push_back(to_float(packed.back()));
    }
  }
  const void* data(bool as_bf16) const {
    return as_bf16 ? static_cast<const void*>(packed.data()) : exact.data();
  }
};

void check(int inputs, int outputs, bool accumulate, bool as_bf16) {
  const auto in = static_cast<std::size_t>(inputs);
  const auto out = static_cast<std::size_t>(outputs);
  const Values x(in * (kRows + Products::padding), 1);
  const Values w(in * out, 2);
  std::vector<float> first;
  for (const int threads : {1, 2}) {
    const ThreadCount count(threads);
    Products products(as_bf16, kRows, threads);
    auto linear = products.pack(inputs, outputs, accumulate, w.data(as_bf16), kRows);
    std::vector<float> whole(out * (kRows + Products::padding), 0.5F);
    linear.run(kRows, x.data(as_bf16), whole.data());
    whole.resize(out * kRows);
    if (first.empty()) first = whole;
    CHECK(std::memcmp(whole.data(), first.data(), whole.size() * 4) == 0,
          "%d x %d differs on %d threads", inputs, outputs, threads);
    for (const int rows : {1, 3, 7, 16, 31, 64, 100}) {
      std::vector<float> cut(out * (kRows + Products::padding), 0.5F);
      for (int row = 0; row < kRows; row += rows) {
        const std::size_t at = static_cast<std::size_t>(row);
        // Rows beyond the cut may be overwritten, so each goes to a place of its own.
        std::vector<float> part(out * static_cast<std::size_t>(rows + Products::padding), 0.5F);
        const int here = std::min(rows, kRows - row);
        linear.run(here,
                   static_cast<const std::byte*>(x.data(as_bf16)) + at * in * (as_bf16 ? 2 : 4),
                   part.data());
        std::copy_n(part.begin(), out * static_cast<std::size_t>(here),
                    cut.begin() + static_cast<std::ptrdiff_t>(at * out));
      }
      CHECK(std::memcmp(cut.data(), whole.data(), whole.size() * 4) == 0,
            "%d x %d in cuts of %d rows differs", inputs, outputs, rows);
    }
  }
  double error = 0;
  double norm = 0;
  for (std::size_t row = 0; row < kRows; row += 37) {
    for (std::size_t o = 0; o < out; ++o) {
      double sum = accumulate ? 0.5 : 0;
      for (std::size_t i = 0; i < in; ++i) {
        sum += double{x.exact[row * in + i]} * w.exact[o * in + i];
      }
      error += (first[row * out + o] - sum) * (first[row * out + o] - sum);
      norm += sum * sum;
    }
  }
  CHECK(std::sqrt(error / norm) < 1e-6, "%d x %d: relative error %g", inputs, outputs,
        std::sqrt(error / norm));
}

}  // namespace

int main() {
  const int shapes[][2] = {{384, 640}, {384, 384}, {1024, 384}, {80, 404},
                           {202, 80},  {20, 257},  {4096, 96},  {60, 300}};
  bool bf16_here = true;
  try {
    Products(true, 1, 1).pack(16, 16, false, Values(256, 1).data(true), 1);
  } catch (const std::exception&) {
    bf16_here = false;  // no bf16 products on this machine: the backend uses float ones
  }
  for (const auto& shape : shapes) {
    for (const bool accumulate : {false, true}) {
      check(shape[0], shape[1], accumulate, false);
      if (bf16_here) check(shape[0], shape[1], accumulate, true);
    }
  }
  return 0;
}
