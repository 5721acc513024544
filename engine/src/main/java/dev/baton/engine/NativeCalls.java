package dev.baton.engine;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The functions of the JNI shim. Buffers are direct and hold structs of {@code baton_engine.h}, see
 * {@link NativeLayouts}; results are its {@code baton_status}, messages NUL-terminated in {@code
 * error}. A backend is a loaded library, an engine an open model; both are addresses, and using one
 * after it was closed is undefined: {@link NativeHandle} guards that.
 */
final class NativeCalls {
  static final int ABI_VERSION = 1;

  private NativeCalls() {}

  static int abi() {
    return abiVersion();
  }

  static long load(String path, ByteBuffer error) {
    return loadBackend(path, error);
  }

  static int openEngine(
      long backend, ByteBuffer model, ByteBuffer options, ByteBuffer handle, ByteBuffer error) {
    return open(backend, model, options, handle, error);
  }

  static String instructionSet(long backend, long engine) {
    return isa(backend, engine);
  }

  static int runStep(
      long backend,
      long engine,
      ByteBuffer slices,
      int count,
      ByteBuffer samples,
      int sampleCapacity,
      ByteBuffer error) {
    return step(backend, engine, slices, count, samples, sampleCapacity, error);
  }

  static int copyLogits(
      long backend, long engine, int index, ByteBuffer logits, int capacity, ByteBuffer error) {
    return logits(backend, engine, index, logits, capacity, error);
  }

  static int sample(
      long backend,
      ByteBuffer logits,
      int vocabulary,
      ByteBuffer sampling,
      @Nullable ByteBuffer history,
      long position,
      ByteBuffer sample,
      ByteBuffer error) {
    return sampleLogits(backend, logits, vocabulary, sampling, history, position, sample, error);
  }

  static void closeEngine(long backend, long engine) {
    close(backend, engine);
  }

  private static native int abiVersion();

  private static native long loadBackend(String path, ByteBuffer error);

  private static native int open(
      long backend, ByteBuffer model, ByteBuffer options, ByteBuffer handle, ByteBuffer error);

  private static native String isa(long backend, long engine);

  private static native int step(
      long backend,
      long engine,
      ByteBuffer slices,
      int count,
      ByteBuffer samples,
      int sampleCapacity,
      ByteBuffer error);

  private static native int logits(
      long backend, long engine, int index, ByteBuffer logits, int capacity, ByteBuffer error);

  private static native int sampleLogits(
      long backend,
      ByteBuffer logits,
      int vocabulary,
      ByteBuffer sampling,
      @Nullable ByteBuffer history,
      long position,
      ByteBuffer sample,
      ByteBuffer error);

  private static native void close(long backend, long engine);
}
