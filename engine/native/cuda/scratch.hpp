// Divides a stretch of device memory.
#pragma once

#include <cstddef>

namespace baton::cuda {

/// Hands out aligned pieces one after the other. Owns nothing.
class Scratch {
 public:
  static constexpr std::size_t kAlignment = 1024;  // what tensor maps and 128-byte swizzles need

  explicit Scratch(std::byte* from) : next_(from) {}

  /// Bytes that `take<T>(count)` uses up.
  template <class T>
  static constexpr std::size_t bytes(std::size_t count) {
    return (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
  }

  template <class T>
  T* take(std::size_t count) {
    T* piece = reinterpret_cast<T*>(next_);
    next_ += bytes<T>(count);
    return piece;
  }

 private:
  std::byte* next_;
};

}  // namespace baton::cuda
