// From logits to a token.
#pragma once

#include <cstdint>
#include <vector>

#include "baton_engine.h"

namespace baton {

/// Reused working memory of the sampler; one a thread.
struct SamplerScratch {
  std::vector<float> logits;
  std::vector<std::int32_t> order;
  std::vector<double> weights;
  std::vector<std::int32_t> counts;
};

/// Chooses the token at `position` from logits [vocabulary]. `history` holds the tokens at
/// positions [0, position) and may be null where no penalty is set. `allowed`, a bit a token from
/// the lowest bit of the first word on, may be null: all tokens are allowed.
///
/// Penalties, then temperature, min-p, top-k and top-p in this order, as vLLM does; then one draw
/// of uniform(seed, position) on the cumulative distribution in descending order. Equal logits
/// rank by lower id. Penalties saturate: a finite logit stays finite. A token that is not allowed
/// has a logit of -infinity from here on, but not in the log probabilities, which are of the raw
/// logits. Throws the failure of a SamplingFlaw.
void sample(const float* logits, std::int32_t vocabulary, const baton_sampling& params,
            const std::int32_t* history, std::int64_t position, SamplerScratch& scratch,
            baton_sample& out, const std::uint32_t* allowed = nullptr);

/// Why logits give no token: one of these, or the lowest id whose logit is NaN or +infinity.
enum SamplingFlaw : std::int32_t {
  kNoFlaw = -1,
  kAllMinusInfinity = -2,
  kNoneAllowed = -3,  // no token that is allowed has a finite logit
};

/// Throws Failure(BATON_NUMERIC) with the words for a flaw of the logits at `position`.
[[noreturn]] void fail_sampling(std::int32_t flaw, std::int64_t position);

/// Throws Failure(BATON_INVALID_ARGUMENT) for parameters out of range.
void check(const baton_sampling& params);

/// Whether `sample` reads the history under these parameters.
bool needs_history(const baton_sampling& params);

}  // namespace baton
