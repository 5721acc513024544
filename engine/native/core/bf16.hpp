// Scalar conversions between float and the smaller formats, round to nearest even.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace baton {

using bf16 = std::uint16_t;

inline float to_float(bf16 value) { return std::bit_cast<float>(std::uint32_t{value} << 16); }

inline bf16 to_bf16(float value) {
  auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<bf16>((bits >> 16) | 0x40);
  return static_cast<bf16>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

inline float half_to_float(std::uint16_t half) {
  const int exponent = (half >> 10) & 0x1f;
  const int mantissa = half & 0x3ff;
  float magnitude;
  if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(mantissa), -24);
  } else if (exponent == 31) {
    magnitude = mantissa == 0 ? INFINITY : NAN;
  } else {
    magnitude = std::ldexp(static_cast<float>(mantissa | 0x400), exponent - 25);
  }
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

/// One sign, four exponent and three mantissa bits; no infinities, the largest number is 448.
inline float e4m3_to_float(std::uint8_t value) {
  const int exponent = (value >> 3) & 0xf;
  const int mantissa = value & 0x7;
  float magnitude;
  if ((value & 0x7f) == 0x7f) {
    magnitude = NAN;
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(mantissa), -9);
  } else {
    magnitude = std::ldexp(static_cast<float>(mantissa | 0x8), exponent - 10);
  }
  return (value & 0x80) != 0 ? -magnitude : magnitude;
}

}  // namespace baton
