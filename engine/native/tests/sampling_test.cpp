// The corners of sampling that the Java tests do not reach: masks, and penalties without measure.
#include "sampling.hpp"

#include <cmath>
#include <cstring>

#include "check.hpp"
#include "error.hpp"

using namespace baton;

namespace {

baton_sampling plain(float temperature, std::uint64_t seed) {
  baton_sampling out{};
  out.temperature = temperature;
  out.top_p = 1;
  out.repetition_penalty = 1;
  out.seed = seed;
  return out;
}

void a_mask_keeps_tokens_out_but_not_out_of_the_log_probabilities() {
  const float logits[] = {5, 1, 4, 2};
  const std::uint32_t allowed = 0b1010;
  SamplerScratch scratch;
  baton_sample out{};
  sample(logits, 4, plain(0, 0), nullptr, 0, scratch, out, &allowed);
  CHECK(out.token == 3, "token %d", out.token);
  const double normaliser = std::log(std::exp(5.) + std::exp(1.) + std::exp(4.) + std::exp(2.));
  CHECK(std::abs(out.logprob - (2 - normaliser)) < 1e-6, "log probability %g", out.logprob);
  int ones = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    sample(logits, 4, plain(1, seed), nullptr, 0, scratch, out, &allowed);
    CHECK(out.token == 1 || out.token == 3, "token %d", out.token);
    ones += out.token == 1;
  }
  CHECK(ones > 200 && ones < 340, "%d of 1000 at a probability of 0.269", ones);
}

void a_mask_without_a_finite_logit_is_a_failure() {
  const float logits[] = {5, -INFINITY, 4};
  const std::uint32_t allowed = 0b010;
  SamplerScratch scratch;
  baton_sample out{};
  for (const float temperature : {0.F, 1.F}) {
    try {
      sample(logits, 3, plain(temperature, 1), nullptr, 17, scratch, out, &allowed);
      CHECK(false, "no failure at temperature %g", temperature);
    } catch (const Failure& failure) {
      CHECK(failure.status() == BATON_NUMERIC, "status %d", failure.status());
      CHECK(std::strcmp(failure.what(), "no allowed token at position 17 has a finite logit") == 0,
            "%s", failure.what());
    }
  }
}

void penalties_leave_finite_logits_finite() {
  const float logits[] = {5, -5, 4};
  const std::int32_t history[] = {0, 1, 2};
  SamplerScratch scratch;
  baton_sample out{};
  for (const float repetition : {1e-38F, 3e38F}) {
    for (const float frequency : {3e38F, -3e38F}) {
      baton_sampling params = plain(1, 1);
      params.repetition_penalty = repetition;
      params.presence_penalty = params.frequency_penalty = frequency;
      params.top_p = 0.5F;
      sample(logits, 3, params, history, 3, scratch, out);
      CHECK(out.token >= 0 && out.token < 3, "token %d", out.token);
      for (const float logit : scratch.logits) CHECK(std::isfinite(logit), "logit %g", logit);
    }
  }
}

}  // namespace

int main() {
  a_mask_keeps_tokens_out_but_not_out_of_the_log_probabilities();
  a_mask_without_a_finite_logit_is_a_failure();
  penalties_leave_finite_logits_finite();
  return 0;
}
