package dev.baton.engine;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The ABI's {@code baton_status} and error text, as Java exceptions. */
final class NativeStatus {
  static final int ERROR_BYTES = 4096;

  static final int OK = 0;
  private static final int INVALID_ARGUMENT = 1;
  private static final int UNSUPPORTED = 3;

  private NativeStatus() {}

  static ByteBuffer errorBuffer() {
    return ByteBuffer.allocateDirect(ERROR_BYTES);
  }

  /** One that lives as long as {@code arena}. */
  static ByteBuffer errorBuffer(Arena arena) {
    return arena.allocate(ERROR_BYTES).asByteBuffer();
  }

  static void check(int status, ByteBuffer error) {
    switch (status) {
      case OK -> {}
      case INVALID_ARGUMENT -> throw new IllegalArgumentException(text(error));
      case UNSUPPORTED -> throw new EngineUnavailableException(text(error));
      default -> throw new EngineException(text(error));
    }
  }

  static String text(ByteBuffer error) {
    int length = 0;
    while (length < error.capacity() && error.get(length) != 0) {
      length++;
    }
    byte[] bytes = new byte[length];
    error.get(0, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
