// The plainest sampling, for tests and benchmarks.
#pragma once

#include "baton_engine.h"

namespace baton::testing {

/// Always the likeliest token.
inline baton_sampling greedy() {
  baton_sampling out{};
  out.top_p = 1;
  out.repetition_penalty = 1;
  return out;
}

}  // namespace baton::testing
