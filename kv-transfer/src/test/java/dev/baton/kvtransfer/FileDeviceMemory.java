package dev.baton.kvtransfer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Stands in for an accelerator: its memory is a mapped file, which other processes map as they
 * would a device's. Nobody but this class looks into it through the plane.
 */
public final class FileDeviceMemory implements DeviceMemory {
  private final HostKvPool pool;
  private final AtomicInteger mappings = new AtomicInteger();
  private final AtomicInteger pinned = new AtomicInteger();
  private volatile Runnable beforePull = () -> {};

  public FileDeviceMemory(HostKvPool pool) {
    this.pool = pool;
  }

  /** As a pool of the plane. */
  public DeviceKvPool asPool() {
    return new DeviceKvPool(this, pool.blockBytes(), pool.blockCount());
  }

  public void beforePull(Runnable action) {
    beforePull = action;
  }

  /** Pools of others that are mapped now. */
  public int mappings() {
    return mappings.get();
  }

  /** How often pinned memory was asked for. */
  public int pinned() {
    return pinned.get();
  }

  @Override
  public byte[] export() {
    return pool.file().toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8);
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
    pinned.incrementAndGet();
    return arena.allocate(bytes);
  }

  @Override
  @SuppressWarnings("MustBeClosedChecker") // closed with the mapping
  public Mapping attach(byte[] handle) {
    Path file = Path.of(new String(handle, StandardCharsets.UTF_8));
    if (file.equals(pool.file().toAbsolutePath())) {
      throw new IllegalArgumentException("this is a pool of this very process");
    }
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MemorySegment memory = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      mappings.incrementAndGet();
      return new FileMapping(arena, memory);
    } catch (IOException e) {
      arena.close();
      throw new UncheckedIOException(e);
    }
  }

  private final class FileMapping implements Mapping {
    private final Arena arena;
    private final MemorySegment memory;

    FileMapping(Arena arena, MemorySegment memory) {
      this.arena = arena;
      this.memory = memory;
    }

    @Override
    public int[] pull(int[] from, int[] to) {
      beforePull.run();
      for (int i = 0; i < from.length; i++) {
        pool.block(to[i]).copyFrom(memory.asSlice(from[i] * pool.blockBytes(), pool.blockBytes()));
      }
      return digests(to);
    }

    @Override
    public void close() {
      // Fails if a pull still runs or it was closed before.
      arena.close();
      mappings.decrementAndGet();
    }
  }
}
