#include "sampling.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "error.hpp"
#include "philox.hpp"

namespace baton {
namespace {

struct ByLogit {  // most likely first, equal ones by lower id
  const float* logits;
  bool operator()(std::int32_t a, std::int32_t b) const {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  }
};

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

float saturated(float value) {
  constexpr float largest = std::numeric_limits<float>::max();
  return std::clamp(value, -largest, largest);
}

void penalise(const baton_sampling& params, const std::int32_t* history, std::int64_t position,
              SamplerScratch& scratch) {
  auto& logits = scratch.logits;
  auto& counts = scratch.counts;  // low bit: seen at all; the rest: occurrences in the output
  counts.assign(logits.size(), 0);
  for (std::int64_t i = 0; i < position; ++i) {
    auto& count = counts[static_cast<std::size_t>(history[i])];
    if (i >= params.prompt_length) count += 2;
    count |= 1;
  }
  for (std::size_t token = 0; token < logits.size(); ++token) {
    float& logit = logits[token];
    if (counts[token] == 0 || logit == kMinusInfinity) continue;
    logit = saturated(logit > 0 ? logit / params.repetition_penalty
                                : logit * params.repetition_penalty);
    if (const int in_output = counts[token] >> 1; in_output > 0) {
      logit = saturated(logit - saturated(params.presence_penalty +
                                          params.frequency_penalty *
                                              static_cast<float>(in_output)));
    }
  }
}

void ban(const std::uint32_t* allowed, std::vector<float>& logits) {
  for (std::size_t token = 0; token < logits.size(); ++token) {
    if ((allowed[token / 32] >> token % 32 & 1) == 0) logits[token] = kMinusInfinity;
  }
}

double log_sum_exp(const float* logits, std::int32_t vocabulary, float largest) {
  double sum = 0;
  for (std::int32_t i = 0; i < vocabulary; ++i) sum += std::exp(double{logits[i]} - largest);
  return largest + std::log(sum);
}

/// Draws from the tokens that min-p, top-k and top-p leave.
std::int32_t draw(const baton_sampling& params, std::int64_t position, float largest,
                  SamplerScratch& scratch) {
  const auto& logits = scratch.logits;
  auto& order = scratch.order;
  order.clear();
  const double threshold =  // in logits: p >= min_p * p_max
      params.min_p > 0 ? largest + std::log(double{params.min_p}) * params.temperature
                       : -std::numeric_limits<double>::infinity();
  for (std::size_t token = 0; token < logits.size(); ++token) {
    if (logits[token] >= threshold && logits[token] > kMinusInfinity) {
      order.push_back(static_cast<std::int32_t>(token));
    }
  }
  const ByLogit by_logit{logits.data()};
  if (params.top_k > 0 && static_cast<std::size_t>(params.top_k) < order.size()) {
    std::nth_element(order.begin(), order.begin() + params.top_k, order.end(), by_logit);
    order.resize(static_cast<std::size_t>(params.top_k));
  }
  std::sort(order.begin(), order.end(), by_logit);

  auto& weights = scratch.weights;
  weights.resize(order.size());
  double total = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const float logit = logits[static_cast<std::size_t>(order[i])];
    weights[i] = std::exp((double{logit} - largest) / params.temperature);
    total += weights[i];
  }
  std::size_t kept = order.size();
  if (params.top_p < 1) {
    const double wanted = params.top_p * total;
    double sum = 0;
    for (kept = 0; kept < order.size() && sum < wanted; ++kept) sum += weights[kept];
    total = sum;
  }
  const double target =
      uniform(params.seed, static_cast<std::uint64_t>(position)) * total;
  double sum = 0;
  for (std::size_t i = 0; i < kept; ++i) {
    sum += weights[i];
    if (target < sum) return order[i];
  }
  return order[kept - 1];
}

}  // namespace

bool needs_history(const baton_sampling& params) {
  return params.repetition_penalty != 1 || params.presence_penalty != 0 ||
         params.frequency_penalty != 0;
}

void check(const baton_sampling& params) {
  auto in = [](float value, float low, float high) { return value >= low && value <= high; };
  require(in(params.temperature, 0, 100), "temperature must be between 0 and 100");
  require(in(params.top_p, 0, 1) && params.top_p > 0, "top_p must be in (0, 1]");
  require(in(params.min_p, 0, 1), "min_p must be in [0, 1]");
  require(params.top_k >= 0, "top_k must not be negative");
  require(params.repetition_penalty > 0 && std::isfinite(params.repetition_penalty),
          "repetition_penalty must be positive");
  require(std::isfinite(params.presence_penalty) && std::isfinite(params.frequency_penalty),
          "presence_penalty and frequency_penalty must be numbers");
  require(params.top_logprobs >= 0 && params.top_logprobs <= BATON_MAX_TOP,
          "top_logprobs must be between 0 and " + std::to_string(BATON_MAX_TOP));
  require(params.prompt_length >= 0, "prompt_length must not be negative");
}

void fail_sampling(std::int32_t flaw, std::int64_t position) {
  const std::string at = " at position " + std::to_string(position);
  if (flaw == kAllMinusInfinity) throw Failure(BATON_NUMERIC, "all logits" + at + " are -infinity");
  if (flaw == kNoneAllowed) {
    throw Failure(BATON_NUMERIC, "no allowed token" + at + " has a finite logit");
  }
  throw Failure(BATON_NUMERIC, "logit of token " + std::to_string(flaw) + at + " is not finite");
}

void sample(const float* logits, std::int32_t vocabulary, const baton_sampling& params,
            const std::int32_t* history, std::int64_t position, SamplerScratch& scratch,
            baton_sample& out, const std::uint32_t* allowed) {
  float raw_largest = kMinusInfinity;
  for (std::int32_t i = 0; i < vocabulary; ++i) {
    if (std::isnan(logits[i]) || logits[i] == std::numeric_limits<float>::infinity()) {
      fail_sampling(i, position);
    }
    raw_largest = std::max(raw_largest, logits[i]);
  }
  if (raw_largest == kMinusInfinity) fail_sampling(kAllMinusInfinity, position);
  scratch.logits.assign(logits, logits + vocabulary);
  if (needs_history(params)) penalise(params, history, position, scratch);
  if (allowed != nullptr) ban(allowed, scratch.logits);
  const auto best = std::max_element(scratch.logits.begin(), scratch.logits.end());
  if (*best == kMinusInfinity) fail_sampling(kNoneAllowed, position);
  out.token = params.temperature == 0
                  ? static_cast<std::int32_t>(best - scratch.logits.begin())
                  : draw(params, position, *best, scratch);

  const double normaliser = log_sum_exp(logits, vocabulary, raw_largest);
  out.logprob = static_cast<float>(logits[out.token] - normaliser);
  out.top_count = std::min(params.top_logprobs, vocabulary);
  if (out.top_count > 0) {
    auto& order = scratch.order;
    order.resize(static_cast<std::size_t>(vocabulary));
    std::iota(order.begin(), order.end(), 0);
    std::partial_sort(order.begin(), order.begin() + out.top_count, order.end(), ByLogit{logits});
    for (int i = 0; i < out.top_count; ++i) {
      out.top_tokens[i] = order[static_cast<std::size_t>(i)];
      out.top_logprobs[i] = static_cast<float>(logits[out.top_tokens[i]] - normaliser);
    }
  }
}

}  // namespace baton
