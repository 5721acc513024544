package dev.baton.engine;

import java.util.Locale;
import java.util.Optional;

/** Element types of weights that the engine reads; the ordinal is the ABI's {@code baton_dtype}. */
enum TensorType {
  BF16(2),
  F16(2),
  F32(4),
  /** Matrices only, with their scales beside them: {@code baton_engine.h}. */
  F8_E4M3(1);

  private final int bytes;

  TensorType(int bytes) {
    this.bytes = bytes;
  }

  int bytes() {
    return bytes;
  }

  /** The type of a safetensors header's {@code dtype}. */
  static Optional<TensorType> of(String dtype) {
    for (TensorType type : values()) {
      if (type.name().equals(dtype.toUpperCase(Locale.ROOT))) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
