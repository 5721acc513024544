// One number or four at a time, in the formats of activations and of the KV pool.
#pragma once

#include <cstdint>

#include "kv_view.hpp"

namespace baton::cuda {

__device__ inline uint2 pack(float a, float b, float c, float d) {
  const __nv_bfloat162 low = __floats2bfloat162_rn(a, b);
  const __nv_bfloat162 high = __floats2bfloat162_rn(c, d);
  return {*reinterpret_cast<const std::uint32_t*>(&low),
          *reinterpret_cast<const std::uint32_t*>(&high)};
}

/// Four bf16 numbers.
__device__ inline float4 widen(const uint2& raw) {
  return {__uint_as_float(raw.x << 16), __uint_as_float(raw.x & 0xffff0000),
          __uint_as_float(raw.y << 16), __uint_as_float(raw.y & 0xffff0000)};
}

__device__ inline float load(const bf16_t* from, float) { return __bfloat162float(*from); }
__device__ inline float4 load(const bf16_t* from, float4) {
  return widen(*reinterpret_cast<const uint2*>(from));
}

__device__ inline void store(bf16_t* to, float v) { *to = __float2bfloat16_rn(v); }
__device__ inline void store(bf16_t* to, float4 v) {
  *reinterpret_cast<uint2*>(to) = pack(v.x, v.y, v.z, v.w);
}
/// What e4m3 cannot hold becomes its largest number.
__device__ inline void store(e4m3_t* to, float v) {
  *to = __nv_cvt_float_to_fp8(v, __NV_SATFINITE, __NV_E4M3);
}
__device__ inline void store(e4m3_t* to, float4 v) {
  const std::uint32_t low = __nv_cvt_float2_to_fp8x2({v.x, v.y}, __NV_SATFINITE, __NV_E4M3);
  const std::uint32_t high = __nv_cvt_float2_to_fp8x2({v.z, v.w}, __NV_SATFINITE, __NV_E4M3);
  *reinterpret_cast<std::uint32_t*>(to) = low | high << 16;
}

}  // namespace baton::cuda
