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
/// positions [0, position) and may be null where no penalty is set.
///
/// Penalties, then temperature, min-p, top-k and top-p in this order, as vLLM does; then one draw
/// of uniform(seed, position) on the cumulative distribution in descending order. Equal logits
/// rank by lower id. Throws Failure(BATON_NUMERIC) if a logit is NaN or +infinity.
void sample(const float* logits, std::int32_t vocabulary, const baton_sampling& params,
            const std::int32_t* history, std::int64_t position, SamplerScratch& scratch,
            baton_sample& out);

/// Throws Failure(BATON_INVALID_ARGUMENT) for parameters out of range.
void check(const baton_sampling& params);

/// Whether `sample` reads the history under these parameters.
bool needs_history(const baton_sampling& params);

}  // namespace baton
