// Random blocks with known digests, for tests of the KV pool.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "check.hpp"
#include "device_data.hpp"
#include "error.hpp"
#include "kv_memory.hpp"

namespace baton::testing {

using Bytes = std::vector<std::uint8_t>;

/// CRC32C byte by byte, after RFC 3720, appendix B.4.
inline std::uint32_t reference_crc(std::span<const std::uint8_t> bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> out{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78 : 0);
      out[i] = value;
    }
    return out;
  }();
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::uint8_t byte : bytes) crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF];
  return ~crc;
}

inline Bytes random_bytes(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Bytes out(size);
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t word = random();
    std::memcpy(out.data() + i, &word, std::min<std::size_t>(8, size - i));
  }
  return out;
}

/// `count` of the numbers 0 to limit - 1 in random order.
inline std::vector<std::int32_t> shuffled(int limit, std::size_t count, std::uint64_t seed) {
  std::vector<std::int32_t> out(static_cast<std::size_t>(limit));
  std::iota(out.begin(), out.end(), 0);
  std::shuffle(out.begin(), out.end(), std::mt19937_64(seed));
  out.resize(count);
  return out;
}

inline std::span<const std::uint8_t> block_of(const Bytes& pool, std::int32_t id,
                                              std::int64_t block_bytes) {
  return std::span(pool).subspan(static_cast<std::size_t>(id * block_bytes),
                                 static_cast<std::size_t>(block_bytes));
}

/// Sets the whole pool, not by way of what is tested.
inline void fill(const cuda::KvMemory& memory, const Bytes& bytes) {
  BATON_CUDA(cudaMemcpy(memory.data(), bytes.data(), bytes.size(), cudaMemcpyHostToDevice));
  BATON_CUDA(cudaDeviceSynchronize());
}

inline Bytes contents(const cuda::KvMemory& memory) {
  Bytes out(static_cast<std::size_t>(memory.blocks() * memory.block_bytes()));
  BATON_CUDA(cudaMemcpy(out.data(), memory.data(), out.size(), cudaMemcpyDeviceToHost));
  return out;
}

/// The status that the ABI would return for what `body` does.
template <class Body>
baton_status status_of(Body&& body, std::string* message = nullptr) {
  char error[512] = {};
  const baton_status status = guarded(error, sizeof error, body);
  if (message != nullptr) *message = error;
  return status;
}

}  // namespace baton::testing
