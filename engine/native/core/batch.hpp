// Checks of a step's input, before anything touches memory that it points to.
#pragma once

#include <cstddef>
#include <cstdint>

#include "baton_engine.h"

namespace baton {

struct BatchLimits {
  std::int32_t vocabulary;
  std::int32_t max_positions;
  std::int32_t max_tokens;
  std::int32_t max_sequences;
  std::int32_t kv_blocks;
  std::int32_t pending = 0;  // samples of the step before, for which a last token may stand
};

/// Throws Failure(BATON_INVALID_ARGUMENT) that names the slice and what is wrong with it.
void check(const baton_slice* slices, std::size_t count, std::size_t sample_capacity,
           const BatchLimits& limits);

}  // namespace baton
