// Philox4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy
// as 1, 2, 3" (SC 2011). A draw is a pure function of key and counter. Host and device code.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define BATON_ANYWHERE __host__ __device__
#else
#define BATON_ANYWHERE
#endif

namespace baton {

struct Philox4 {
  std::uint32_t word[4];
};

BATON_ANYWHERE inline Philox4 philox4x32(Philox4 counter, std::uint64_t key) {
  auto low = static_cast<std::uint32_t>(key);
  auto high = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53U} * counter.word[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * counter.word[2];
    counter = {{static_cast<std::uint32_t>(b >> 32) ^ counter.word[1] ^ low,
                static_cast<std::uint32_t>(b),
                static_cast<std::uint32_t>(a >> 32) ^ counter.word[3] ^ high,
                static_cast<std::uint32_t>(a)}};
    low += 0x9E3779B9U;
    high += 0xBB67AE85U;
  }
  return counter;
}

/// 52 random bits for the token at `position` of a sequence sampled with `seed`.
BATON_ANYWHERE inline std::uint64_t uniform_bits(std::uint64_t seed, std::uint64_t position) {
  const Philox4 draw = philox4x32({{static_cast<std::uint32_t>(position),
                                    static_cast<std::uint32_t>(position >> 32), 0, 0}},
                                  seed);
  return (std::uint64_t{draw.word[0]} << 20) ^ (draw.word[1] >> 12);
}

/// The same as a number in (0, 1).
BATON_ANYWHERE inline double uniform(std::uint64_t seed, std::uint64_t position) {
  return (static_cast<double>(uniform_bits(seed, position)) + 0.5) * 0x1p-52;
}

}  // namespace baton
