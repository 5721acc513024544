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
  static final int ABI_VERSION = 3;

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

  static int submitStep(long backend, long engine, ByteBuffer slices, int count, ByteBuffer error) {
    return submit(backend, engine, slices, count, error);
  }

  static int awaitStep(
      long backend, long engine, ByteBuffer samples, int sampleCapacity, ByteBuffer error) {
    return await(backend, engine, samples, sampleCapacity, error);
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

  static int exportPool(long backend, long engine, ByteBuffer handle, ByteBuffer error) {
    return kvExport(backend, engine, handle, error);
  }

  static int digestBlocks(
      long backend,
      long engine,
      ByteBuffer blocks,
      int count,
      ByteBuffer digests,
      ByteBuffer error) {
    return kvDigest(backend, engine, blocks, count, digests, error);
  }

  /** {@code host} is an address: the memory may be larger than a buffer can be. */
  static int readBlocks(
      long backend, long engine, ByteBuffer blocks, int count, long host, ByteBuffer error) {
    return kvRead(backend, engine, blocks, count, host, error);
  }

  static int writeBlocks(
      long backend, long engine, ByteBuffer blocks, int count, long host, ByteBuffer error) {
    return kvWrite(backend, engine, blocks, count, host, error);
  }

  static int attachPeer(
      long backend, long engine, ByteBuffer handle, ByteBuffer peer, ByteBuffer error) {
    return kvAttach(backend, engine, handle, peer, error);
  }

  static int pullBlocks(
      long backend,
      long engine,
      long peer,
      ByteBuffer from,
      ByteBuffer to,
      int count,
      ByteBuffer digests,
      ByteBuffer error) {
    return kvPull(backend, engine, peer, from, to, count, digests, error);
  }

  static void detachPeer(long backend, long peer) {
    kvDetach(backend, peer);
  }

  static int allocateHost(long backend, long bytes, ByteBuffer memory, ByteBuffer error) {
    return hostAllocate(backend, bytes, memory, error);
  }

  static void freeHost(long backend, long memory) {
    hostFree(backend, memory);
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

  private static native int submit(
      long backend, long engine, ByteBuffer slices, int count, ByteBuffer error);

  private static native int await(
      long backend, long engine, ByteBuffer samples, int sampleCapacity, ByteBuffer error);

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

  private static native int kvExport(
      long backend, long engine, ByteBuffer handle, ByteBuffer error);

  private static native int kvDigest(
      long backend,
      long engine,
      ByteBuffer blocks,
      int count,
      ByteBuffer digests,
      ByteBuffer error);

  private static native int kvRead(
      long backend, long engine, ByteBuffer blocks, int count, long host, ByteBuffer error);

  private static native int kvWrite(
      long backend, long engine, ByteBuffer blocks, int count, long host, ByteBuffer error);

  private static native int kvAttach(
      long backend, long engine, ByteBuffer handle, ByteBuffer peer, ByteBuffer error);

  private static native int kvPull(
      long backend,
      long engine,
      long peer,
      ByteBuffer from,
      ByteBuffer to,
      int count,
      ByteBuffer digests,
      ByteBuffer error);

  private static native void kvDetach(long backend, long peer);

  private static native int hostAllocate(
      long backend, long bytes, ByteBuffer memory, ByteBuffer error);

  private static native void hostFree(long backend, long memory);
}
