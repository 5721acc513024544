// Random inputs on both sides, for tests and benchmarks of CUDA kernels.
#pragma once

#include <cuda_fp16.h>
#include <cuda_fp8.h>
#include <cuda_runtime.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "bf16.hpp"
#include "check.hpp"
#include "device_buffer.hpp"
#include "kv_view.hpp"
#include "philox.hpp"

namespace baton::testing {

/// Numbers in [-scale, scale), different for every seed.
inline std::vector<float> noise(std::size_t size, std::uint64_t seed, double scale = 1) {
  std::vector<float> out(size);
  for (std::size_t i = 0; i < size; ++i) {
    out[i] = static_cast<float>(scale * (2 * uniform(seed, i) - 1));
  }
  return out;
}

inline std::vector<bf16> to_bf16(const std::vector<float>& values) {
  std::vector<bf16> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = baton::to_bf16(values[i]);
  return out;
}

template <class T>
cuda::DeviceBuffer<T> upload(const std::vector<T>& values) {
  cuda::DeviceBuffer<T> out(values.size());
  BATON_CUDA(cudaMemcpy(out.data(), values.data(), out.bytes(), cudaMemcpyHostToDevice));
  return out;
}

/// As bf16 on the device.
inline cuda::DeviceBuffer<cuda::bf16_t> upload_bf16(const std::vector<bf16>& values) {
  cuda::DeviceBuffer<cuda::bf16_t> out(values.size());
  BATON_CUDA(cudaMemcpy(out.data(), values.data(), out.bytes(), cudaMemcpyHostToDevice));
  return out;
}

/// An output full of NaN: what a kernel forgets to write shows.
template <class T>
cuda::DeviceBuffer<T> poisoned(std::size_t size) {
  cuda::DeviceBuffer<T> out(size);
  BATON_CUDA(cudaMemset(out.data(), 0xff, out.bytes()));
  return out;
}

inline std::vector<float> download(const cuda::DeviceBuffer<float>& from) {
  std::vector<float> out(from.size());
  BATON_CUDA(cudaMemcpy(out.data(), from.data(), from.bytes(), cudaMemcpyDeviceToHost));
  return out;
}

inline std::vector<float> download(const cuda::DeviceBuffer<cuda::bf16_t>& from) {
  std::vector<bf16> raw(from.size());
  BATON_CUDA(cudaMemcpy(raw.data(), from.data(), from.bytes(), cudaMemcpyDeviceToHost));
  std::vector<float> out(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) out[i] = to_float(raw[i]);
  return out;
}

inline std::vector<std::uint8_t> download(const cuda::DeviceBuffer<std::uint8_t>& from) {
  std::vector<std::uint8_t> out(from.size());
  BATON_CUDA(cudaMemcpy(out.data(), from.data(), from.bytes(), cudaMemcpyDeviceToHost));
  return out;
}

inline std::uint8_t to_e4m3(float value) {
  return __nv_cvt_float_to_fp8(value, __NV_SATFINITE, __NV_E4M3);
}

inline float from_e4m3(std::uint8_t value) {
  return half_to_float(__nv_cvt_fp8_to_halfraw(value, __NV_E4M3).x);
}

inline std::vector<std::uint8_t> to_e4m3(const std::vector<float>& values) {
  std::vector<std::uint8_t> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = to_e4m3(values[i]);
  return out;
}

inline std::vector<float> to_floats(const std::vector<bf16>& values) {
  std::vector<float> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = to_float(values[i]);
  return out;
}

inline std::vector<float> to_floats(const std::vector<std::uint8_t>& values) {
  std::vector<float> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = from_e4m3(values[i]);
  return out;
}

/// |a - b| / |b|; NaN where a has one.
template <class A, class B>
double relative_error(const std::vector<A>& a, const std::vector<B>& b) {
  double difference = 0;
  double size = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    difference += d * d;
    size += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return std::sqrt(difference / size);
}

}  // namespace baton::testing
