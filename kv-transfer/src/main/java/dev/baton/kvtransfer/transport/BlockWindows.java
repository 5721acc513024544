package dev.baton.kvtransfer.transport;

import dev.baton.kvtransfer.BlockDigest;
import dev.baton.kvtransfer.DeviceKvPool;
import dev.baton.kvtransfer.DeviceMemory;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Windows onto one pool. A pool in host memory is its own window. One on a device gets a block of
 * pinned memory for each window that is open; a few are kept, as pinning takes long.
 */
public final class BlockWindows implements AutoCloseable {
  private static final int KEPT = 8;

  private final KvPool pool;
  private final Deque<Staging> idle = new ArrayDeque<>();
  private boolean closed;

  public BlockWindows(KvPool pool) {
    this.pool = pool;
  }

  /** Opens a window; a device that has no memory for it shows as a {@link RuntimeException}. */
  public BlockWindow open() {
    return switch (pool) {
      case HostKvPool host -> new HostWindow(host);
      case DeviceKvPool device -> new DeviceWindow(device.memory(), take(device));
    };
  }

  private record Staging(Arena arena, MemorySegment memory) {}

  private record HostWindow(HostKvPool pool) implements BlockWindow {
    @Override
    public MemorySegment load(int block) {
      return pool.block(block);
    }

    @Override
    public MemorySegment room(int block) {
      return pool.block(block);
    }

    @Override
    public int store(int block) {
      return BlockDigest.of(pool.block(block));
    }

    @Override
    public void close() {}
  }

  private final class DeviceWindow implements BlockWindow {
    private final DeviceMemory memory;
    private final Staging staging;

    DeviceWindow(DeviceMemory memory, Staging staging) {
      this.memory = memory;
      this.staging = staging;
    }

    @Override
    public MemorySegment load(int block) {
      memory.read(new int[] {block}, staging.memory);
      return staging.memory;
    }

    @Override
    public MemorySegment room(int block) {
      return staging.memory;
    }

    @Override
    public int store(int block) {
      int[] one = {block};
      memory.write(one, staging.memory);
      return memory.digests(one)[0];
    }

    @Override
    public void close() {
      giveBack(staging);
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // closed by giveBack() or close()
  private Staging take(DeviceKvPool device) {
    synchronized (this) {
      Staging kept = idle.pollLast();
      if (kept != null) {
        return kept;
      }
    }
    Arena arena = Arena.ofShared();
    try {
      return new Staging(arena, device.memory().pinned(device.blockBytes(), arena));
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private void giveBack(Staging staging) {
    synchronized (this) {
      if (!closed && idle.size() < KEPT) {
        idle.addLast(staging);
        return;
      }
    }
    staging.arena.close();
  }

  /** Frees what no window uses; the rest follows when its windows close. */
  @Override
  public synchronized void close() {
    closed = true;
    idle.forEach(staging -> staging.arena.close());
    idle.clear();
  }
}
