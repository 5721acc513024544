#include "batch.hpp"

#include <algorithm>
#include <string>

#include "error.hpp"
#include "sampling.hpp"

namespace baton {
namespace {

void check_ids(const std::int32_t* ids, std::int64_t count, std::int32_t limit,
               const std::string& what) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (ids[i] < 0 || ids[i] >= limit) {
      throw Failure(BATON_INVALID_ARGUMENT, what + " " + std::to_string(ids[i]) + " at index " +
                                                std::to_string(i) + " is not in [0, " +
                                                std::to_string(limit) + ")");
    }
  }
}

/// Ids of which the last may be -1 - i for sample i of the step before.
void check_tokens(const std::int32_t* ids, std::int64_t count, const BatchLimits& limits,
                  const std::string& what) {
  const std::int32_t last = ids[count - 1];
  const bool pending = last < 0 && last >= -limits.pending;
  check_ids(ids, pending ? count - 1 : count, limits.vocabulary, what);
}

void check_mask(const std::uint32_t* mask, std::int32_t vocabulary, const std::string& where) {
  const std::int32_t whole = vocabulary / 32;
  bool any = std::any_of(mask, mask + whole, [](std::uint32_t word) { return word != 0; });
  if (vocabulary % 32 != 0) any |= (mask[whole] & ((1U << vocabulary % 32) - 1)) != 0;
  require(any, where + ": the mask allows no token");
}

void check_slice(const baton_slice& slice, const std::string& where, const BatchLimits& limits) {
  require(slice.count > 0, where + ": count must be positive");
  require(slice.start >= 0, where + ": start must not be negative");
  const std::int64_t end = std::int64_t{slice.start} + slice.count;
  require(end <= limits.max_positions, where + ": position " + std::to_string(end - 1) +
                                           " is beyond the last of " +
                                           std::to_string(limits.max_positions));
  require(slice.tokens != nullptr && slice.blocks != nullptr, where + ": tokens or blocks missing");
  const std::int64_t blocks = (end + BATON_BLOCK_TOKENS - 1) / BATON_BLOCK_TOKENS;
  require(slice.block_count >= blocks, where + ": " + std::to_string(slice.block_count) +
                                           " blocks for " + std::to_string(end) + " positions");
  check_tokens(slice.tokens, slice.count, limits, where + ": token");
  check_ids(slice.blocks, blocks, limits.kv_blocks, where + ": block");
  if (slice.sample == 0) return;
  try {
    baton::check(slice.sampling);
  } catch (const Failure& failure) {
    throw Failure(failure.status(), where + ": " + failure.what());
  }
  if (slice.mask != nullptr) check_mask(slice.mask, limits.vocabulary, where);
  if (needs_history(slice.sampling)) {
    require(slice.history != nullptr, where + ": penalties need the history");
    check_tokens(slice.history, end, limits, where + ": history token");
  }
}

}  // namespace

void check(const baton_slice* slices, std::size_t count, std::size_t sample_capacity,
           const BatchLimits& limits) {
  require(slices != nullptr && count > 0, "a step needs at least one slice");
  require(count <= static_cast<std::size_t>(limits.max_sequences),
          std::to_string(count) + " slices, at most " + std::to_string(limits.max_sequences));
  std::int64_t tokens = 0;
  std::size_t samples = 0;
  for (std::size_t i = 0; i < count; ++i) {
    check_slice(slices[i], "slice " + std::to_string(i), limits);
    tokens += slices[i].count;
    samples += slices[i].sample != 0;
  }
  require(tokens <= limits.max_tokens,
          std::to_string(tokens) + " tokens, at most " + std::to_string(limits.max_tokens));
  require(samples <= sample_capacity, "no room for " + std::to_string(samples) + " samples");
}

}  // namespace baton
