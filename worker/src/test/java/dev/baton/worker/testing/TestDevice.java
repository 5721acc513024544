package dev.baton.worker.testing;

import dev.baton.engine.KvMemory;
import dev.baton.kvtransfer.BlockDigest;
import dev.baton.kvtransfer.HostKvPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Stands in for an accelerator's memory. The workers of a test share a process, so a handle names
 * one of its pools.
 */
final class TestDevice implements KvMemory.Device {
  private static final Map<String, HostKvPool> POOLS = new ConcurrentHashMap<>();

  private final HostKvPool pool;
  private final AtomicInteger pulled;

  /** Adds the blocks that it pulls from others to {@code pulled}. */
  TestDevice(HostKvPool pool, AtomicInteger pulled) {
    this.pool = pool;
    this.pulled = pulled;
    POOLS.put(pool.file().toString(), pool);
  }

  @Override
  public int blocks() {
    return pool.blockCount();
  }

  @Override
  public byte[] export() {
    return pool.file().toString().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public int[] digests(int[] blocks) {
    return IntStream.of(blocks).map(block -> BlockDigest.of(pool.block(block))).toArray();
  }

  @Override
  public void read(int[] blocks, MemorySegment host) {
    for (int i = 0; i < blocks.length; i++) {
      host.asSlice(i * pool.blockBytes(), pool.blockBytes()).copyFrom(pool.block(blocks[i]));
    }
  }

  @Override
  public void write(int[] blocks, MemorySegment host) {
    for (int i = 0; i < blocks.length; i++) {
      pool.block(blocks[i]).copyFrom(host.asSlice(i * pool.blockBytes(), pool.blockBytes()));
    }
  }

  @Override
  public MemorySegment pinned(long bytes, Arena arena) {
    return arena.allocate(bytes);
  }

  @Override
  public KvMemory.Peer attach(byte[] handle) {
    HostKvPool other = POOLS.get(new String(handle, StandardCharsets.UTF_8));
    return new KvMemory.Peer() {
      @Override
      public int[] pull(int[] from, int[] to) {
        for (int i = 0; i < from.length; i++) {
          pool.block(to[i]).copyFrom(other.block(from[i]));
        }
        pulled.addAndGet(from.length);
        return digests(to);
      }

      @Override
      public void close() {}
    };
  }
}
