// A vector of floats of the instruction set that this file is compiled for.
#pragma once

#include <immintrin.h>

#include <cmath>
#include <cstdint>

#include "bf16.hpp"

namespace baton::cpu::BATON_ISA {

#if BATON_LEVEL >= 2  // AVX-512

struct Vec {
  static constexpr int width = 16;
  __m512 v;
  static Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static Vec set(float x) { return {_mm512_set1_ps(x)}; }
  static Vec zero() { return {_mm512_setzero_ps()}; }
  void store(float* p) const { _mm512_storeu_ps(p, v); }
  static Vec load_bf16(const bf16* p) {
    const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16))};
  }
  void store_bf16(bf16* p) const {
#if BATON_LEVEL >= 3
    const __m256i half = (__m256i)_mm512_cvtneps_pbh(v);
#else
    const __m512i bits = _mm512_castps_si512(v);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i rounded = _mm512_srli_epi32(
        _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16);
    const __mmask16 nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
    const __m256i half =
        _mm512_cvtepi32_epi16(_mm512_mask_mov_epi32(rounded, nan, _mm512_set1_epi32(0x7fc0)));
#endif
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), half);
  }
  float sum() const { return _mm512_reduce_add_ps(v); }
  float largest() const { return _mm512_reduce_max_ps(v); }
};
inline Vec operator+(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
inline Vec operator-(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline Vec operator*(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline Vec operator/(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }
inline Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec max(Vec a, Vec b) { return {_mm512_max_ps(a.v, b.v)}; }
inline Vec min(Vec a, Vec b) { return {_mm512_min_ps(a.v, b.v)}; }
inline Vec nearest(Vec a) { return {_mm512_roundscale_ps(a.v, 0)}; }
inline Vec scale2(Vec a, Vec n) { return {_mm512_scalef_ps(a.v, n.v)}; }

#elif BATON_LEVEL == 1  // AVX2 with FMA

struct Vec {
  static constexpr int width = 8;
  __m256 v;
  static Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static Vec set(float x) { return {_mm256_set1_ps(x)}; }
  static Vec zero() { return {_mm256_setzero_ps()}; }
  void store(float* p) const { _mm256_storeu_ps(p, v); }
  static Vec load_bf16(const bf16* p) {
    const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16))};
  }
  void store_bf16(bf16* p) const {
    alignas(32) float values[width];
    store(values);
    for (int i = 0; i < width; ++i) p[i] = to_bf16(values[i]);
  }
  float sum() const {
    alignas(32) float x[width];
    store(x);
    return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
  }
  float largest() const {
    alignas(32) float x[width];
    store(x);
    float result = x[0];
    for (int i = 1; i < width; ++i) result = x[i] > result ? x[i] : result;
    return result;
  }
};
inline Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
inline Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline Vec operator/(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
inline Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec max(Vec a, Vec b) { return {_mm256_max_ps(a.v, b.v)}; }
inline Vec min(Vec a, Vec b) { return {_mm256_min_ps(a.v, b.v)}; }
inline Vec nearest(Vec a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | 8)}; }
inline Vec scale2(Vec a, Vec n) {  // n in [-126, 127]
  const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127));
  return {_mm256_mul_ps(a.v, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)))};
}

#else  // one float at a time

struct Vec {
  static constexpr int width = 1;
  float v;
  static Vec load(const float* p) { return {*p}; }
  static Vec set(float x) { return {x}; }
  static Vec zero() { return {0}; }
  void store(float* p) const { *p = v; }
  static Vec load_bf16(const bf16* p) { return {to_float(*p)}; }
  void store_bf16(bf16* p) const { *p = to_bf16(v); }
  float sum() const { return v; }
  float largest() const { return v; }
};
inline Vec operator+(Vec a, Vec b) { return {a.v + b.v}; }
inline Vec operator-(Vec a, Vec b) { return {a.v - b.v}; }
inline Vec operator*(Vec a, Vec b) { return {a.v * b.v}; }
inline Vec operator/(Vec a, Vec b) { return {a.v / b.v}; }
inline Vec fma(Vec a, Vec b, Vec c) { return {a.v * b.v + c.v}; }
inline Vec max(Vec a, Vec b) { return {a.v > b.v ? a.v : b.v}; }
inline Vec min(Vec a, Vec b) { return {a.v < b.v ? a.v : b.v}; }
inline Vec nearest(Vec a) { return {std::nearbyint(a.v)}; }
inline Vec scale2(Vec a, Vec n) { return {std::ldexp(a.v, static_cast<int>(n.v))}; }

#endif

/// 2^x, relative error under 3e-7; 2^-126 for anything smaller. A NaN stays one.
inline Vec exp2(Vec x) {
  x = max(Vec::set(-126.0F), min(Vec::set(127.0F), x));  // the second operand wins on NaN
  const Vec n = nearest(x);
  const Vec f = x - n;
  Vec p = Vec::set(1.54353139e-4F);
  p = fma(p, f, Vec::set(1.33335581e-3F));
  p = fma(p, f, Vec::set(9.61812911e-3F));
  p = fma(p, f, Vec::set(5.55041087e-2F));
  p = fma(p, f, Vec::set(2.40226507e-1F));
  p = fma(p, f, Vec::set(6.93147181e-1F));
  p = fma(p, f, Vec::set(1.0F));
  return scale2(p, n);
}

/// 2^x for x <= 0 as a weight of the softmax: where weights are rounded to bf16 (relative error
/// 2e-3) a shorter polynomial (5e-5) does.
inline Vec exp2_weight(Vec x) {
#if BATON_LEVEL >= 3
  const Vec n = nearest(x);
  const Vec f = x - n;
  Vec p = Vec::set(9.61812911e-3F);
  p = fma(p, f, Vec::set(5.55041087e-2F));
  p = fma(p, f, Vec::set(2.40226507e-1F));
  p = fma(p, f, Vec::set(6.93147181e-1F));
  p = fma(p, f, Vec::set(1.0F));
  return scale2(p, n);  // 0 far below
#else
  return exp2(x);
#endif
}

constexpr float kLog2E = 1.44269504088896341F;

}  // namespace baton::cpu::BATON_ISA
