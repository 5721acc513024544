// Arithmetic of CRC32C (RFC 3720) as polynomials over GF(2), for host and device.
//
// A register is a polynomial of degree 31, reflected: bit 31 is the coefficient of 1, bit 0 that of
// x^31. Feeding a little-endian word w turns register r into (r + w) x^32, so that n words leave
//     r x^(32 n) + sum over i of w[i] x^(32 (n - i)),
// a sum whose terms may be computed anywhere and in any order.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace baton::cuda::crc32c {

inline constexpr std::uint32_t kPolynomial = 0x82F63B78;
inline constexpr std::uint32_t kOne = 0x80000000;
inline constexpr std::uint32_t kInitial = 0xFFFFFFFF;
inline constexpr std::uint32_t kFinal = 0xFFFFFFFF;

/// a * x
__host__ __device__ constexpr std::uint32_t times_x(std::uint32_t a) {
  return (a >> 1) ^ (kPolynomial & (0U - (a & 1U)));
}

/// a * b
__host__ __device__ constexpr std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (int i = 0; i < 32; ++i) product = times_x(product) ^ (b & (0U - ((a >> i) & 1U)));
  return product;
}

/// x^exponent
constexpr std::uint32_t power_of_x(std::uint64_t exponent) {
  std::uint32_t result = kOne;
  std::uint32_t square = times_x(kOne);
  for (; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}

}  // namespace baton::cuda::crc32c
