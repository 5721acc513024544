// Sampling on the device against baton::sample on the host, token for token.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <string>

#include "error.hpp"
#include "sampler_fixture.hpp"
#include "small.hpp"

using namespace baton;
using namespace baton::cuda;
using namespace baton::testing;

namespace {

int drawn_rows = 0;
int rows_on_the_edge = 0;

/// Whether rounding could turn a decision about this row: a token at the limit of min_p, or the
/// end of top_p or the draw itself within 1e-9 of the weight from the edge between two tokens.
/// `logits` are those after penalties and mask.
bool on_the_edge(const std::vector<float>& logits, const baton_sampling& params,
                 std::int64_t position) {
  constexpr double kRounding = 1e-9;
  std::vector<std::int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
  });
  const double largest = logits[static_cast<std::size_t>(order[0])];
  std::vector<double> sums;
  double total = 0;
  for (const std::int32_t token : order) {
    const double logit = logits[static_cast<std::size_t>(token)];
    const double relative = std::exp((logit - largest) / params.temperature) / params.min_p;
    if (params.min_p > 0 && std::abs(relative - 1) < kRounding && params.min_p < 1) return true;
    const auto kept = static_cast<int>(sums.size());
    if (relative < 1 || (params.top_k > 0 && kept == params.top_k)) break;
    sums.push_back(total += std::exp((logit - largest) / params.temperature));
  }
  auto near = [&](double value) {
    return std::any_of(sums.begin(), sums.end(),
                       [&](double sum) { return std::abs(sum - value) < kRounding * total; });
  };
  if (params.top_p < 1) {
    const double wanted = params.top_p * total;
    if (near(wanted)) return true;
    total = *std::lower_bound(sums.begin(), sums.end(), wanted);
  }
  return near(uniform(params.seed, static_cast<std::uint64_t>(position)) * total);
}

void expect_logprob(float got, float expected, const std::string& where) {
  if (got == expected) return;  // both -infinity, too
  CHECK(std::abs(got - expected) < 1e-4 + 1e-6 * std::abs(expected), "%s: %.9g, expected %.9g",
        where.c_str(), got, expected);
}

void expect_same(const Batch& batch, int index, const baton_sample& got, const SampleFlaw& flaw) {
  const SampleRow& row = batch.rows[static_cast<std::size_t>(index)];
  const baton_sampling& p = row.params;
  char where[400];
  std::snprintf(where, sizeof where,
                "vocabulary %d, row %d (%s): temperature %g, top_k %d, top_p %g, min_p %g, "
                "penalties %g %g %g over %d, mask %d, seed %llu, position %lld",
                batch.vocabulary, index, batch.kinds[static_cast<std::size_t>(index)].c_str(),
                p.temperature, p.top_k, p.top_p, p.min_p, p.repetition_penalty, p.presence_penalty,
                p.frequency_penalty, row.history_length, row.mask_row,
                static_cast<unsigned long long>(p.seed), static_cast<long long>(row.position));
  SamplerScratch scratch;
  baton_sample expected{};
  std::string failure;
  try {
    sample(batch.logits_of(index), batch.vocabulary, p, batch.history_of(index), row.position,
           scratch, expected, batch.mask_of(index));
  } catch (const Failure& thrown) {
    failure = thrown.what();
  }
  if (!failure.empty()) {
    CHECK(flaw.token != kNoFlaw, "%s: no flaw, expected '%s'", where, failure.c_str());
    CHECK(got.token == 0 && got.top_count == 0 && std::isnan(got.logprob),
          "%s: sample of a row with a flaw", where);
    try {
      fail_sampling(flaw.token, row.position);
    } catch (const Failure& thrown) {
      CHECK(failure == thrown.what(), "%s: '%s', expected '%s'", where, thrown.what(),
            failure.c_str());
    }
    return;
  }
  CHECK(flaw.token == kNoFlaw, "%s: flaw %d", where, flaw.token);
  if (p.temperature > 0) ++drawn_rows;
  if (got.token != expected.token) {
    CHECK(p.temperature > 0 && on_the_edge(scratch.logits, p, row.position),
          "%s: token %d, expected %d", where, got.token, expected.token);
    ++rows_on_the_edge;
  } else {
    expect_logprob(got.logprob, expected.logprob, where);
  }
  CHECK(got.top_count == expected.top_count, "%s: %d alternatives, expected %d", where,
        got.top_count, expected.top_count);
  for (int i = 0; i < got.top_count; ++i) {
    CHECK(got.top_tokens[i] == expected.top_tokens[i], "%s: alternative %d is %d, expected %d",
          where, i, got.top_tokens[i], expected.top_tokens[i]);
    expect_logprob(got.top_logprobs[i], expected.top_logprobs[i], where);
  }
}

/// Every call must leave the working memory as it found it, so `sampler` lives on.
void test_batch(Sampler& sampler, const Batch& batch) {
  const DeviceBatch device(batch);
  const Results first = device.run(sampler, batch.needs(), false);
  const Results second = device.run(sampler, {true, true, true}, false);
  const Results replayed = device.run(sampler, batch.needs(), true);
  CHECK(first == second, "vocabulary %d: a run of all kernels differs", batch.vocabulary);
  CHECK(first == replayed, "vocabulary %d: a replayed graph differs", batch.vocabulary);
  CHECK(download_bytes(device.logits()) == bytes_of(batch.logits), "logits were changed");
  for (int i = 0; i < batch.count(); ++i) {
    expect_same(batch, i, first.samples[static_cast<std::size_t>(i)],
                first.flaws[static_cast<std::size_t>(i)]);
  }
}

struct Size {
  int vocabulary;
  int rows;
  int batches;
};

}  // namespace

int main(int argc, char** argv) {
  const bool small = take_small(argc, argv);
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  const auto seed = argc > 1 ? std::stoull(argv[1]) : static_cast<unsigned long long>(now);
  std::printf("seed %llu\n", seed);
  std::mt19937_64 random(seed);
  const std::vector<Size> all = {{1, 8, 2},      {7, 64, 10},    {1000, 64, 6},   {4099, 64, 4},
                                 {32000, 48, 3}, {50257, 24, 2}, {128256, 40, 3}, {151936, 24, 2}};
  // aligned rows and others, one chunk and several, more tokens than a CTA weighs
  const std::vector<Size> few = {{7, 64, 1}, {4099, 64, 1}, {20000, 32, 1}};
  for (const Size& size : small ? few : all) {
    Sampler sampler(size.rows, size.vocabulary);
    int rows = 0;
    for (int i = 0; i < size.batches; ++i) {
      const int count = i == 0 ? size.rows : 1 + static_cast<int>(random() % size.rows);
      Batch batch(size.vocabulary, count, random);
      test_batch(sampler, batch);
      const auto kept = random();  // and without some of what the rows ask for
      batch.keep_only({(kept & 1) != 0, (kept & 2) != 0, (kept & 4) != 0});
      test_batch(sampler, batch);
      batch.keep_only({});
      test_batch(sampler, batch);
      rows += count;
    }
    std::printf("vocabulary %d: %d rows agree\n", size.vocabulary, rows);
  }
  std::printf("%d rows drawn, %d of them on the edge between two tokens\n", drawn_rows,
              rows_on_the_edge);
  CHECK(rows_on_the_edge <= 2, "too many rows differ from the host");
  return 0;
}
