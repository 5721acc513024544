package dev.baton.worker.tiers;

import dev.baton.kvtransfer.DeviceKvPool;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * The bytes of a pool's blocks, in place where the pool is host memory, else by way of one block of
 * pinned memory. For use by one thread at a time.
 */
sealed interface PoolPort extends AutoCloseable {
  static PoolPort of(KvPool pool) {
    return switch (pool) {
      case HostKvPool host -> new InPlace(host);
      case DeviceKvPool device -> new Staged(device);
    };
  }

  /** The bytes of a block, until the next call. */
  MemorySegment read(int block);

  /** Has a block filled by {@code source}, which answers empty if it has nothing for it. */
  OptionalInt fill(int block, Function<MemorySegment, OptionalInt> source);

  @Override
  void close();

  /** A pool in the host's memory. */
  record InPlace(HostKvPool pool) implements PoolPort {
    @Override
    public MemorySegment read(int block) {
      return pool.block(block);
    }

    @Override
    public OptionalInt fill(int block, Function<MemorySegment, OptionalInt> source) {
      return source.apply(pool.block(block));
    }

    @Override
    public void close() {}
  }

  /** A device's pool. */
  final class Staged implements PoolPort {
    private final Arena arena = Arena.ofShared();
    private final DeviceKvPool pool;
    private final MemorySegment staging;

    Staged(DeviceKvPool pool) {
      this.pool = pool;
      this.staging = pool.memory().pinned(pool.blockBytes(), arena);
    }

    @Override
    public MemorySegment read(int block) {
      pool.memory().read(new int[] {block}, staging);
      return staging;
    }

    @Override
    public OptionalInt fill(int block, Function<MemorySegment, OptionalInt> source) {
      OptionalInt digest = source.apply(staging);
      if (digest.isPresent()) {
        pool.memory().write(new int[] {block}, staging);
      }
      return digest;
    }

    @Override
    public void close() {
      arena.close();
    }
  }
}
