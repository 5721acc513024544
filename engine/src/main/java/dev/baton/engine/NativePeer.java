package dev.baton.engine;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Another process's pool, mapped by a native backend. */
final class NativePeer implements KvMemory.Peer {
  private final NativeHandle handle;
  private final long peer;
  private final ReadWriteLock use = new ReentrantReadWriteLock();
  private volatile boolean closed;

  /** The handle owns {@code peer}. */
  NativePeer(NativeHandle handle, long peer) {
    this.handle = handle;
    this.peer = peer;
  }

  @Override
  public int[] pull(int[] from, int[] to) {
    if (from.length != to.length) {
      throw new IllegalArgumentException(
          "%d blocks to copy, %d to fill".formatted(from.length, to.length));
    }
    use.readLock().lock();
    try (Arena arena = Arena.ofConfined()) {
      if (closed) {
        throw new IllegalStateException("the peer is detached");
      }
      ByteBuffer sources = NativeLayouts.ints(from, arena);
      ByteBuffer targets = NativeLayouts.ints(to, arena);
      ByteBuffer digests = NativeLayouts.buffer(arena, (long) Integer.BYTES * from.length);
      ByteBuffer error = NativeStatus.errorBuffer(arena);
      int status =
          handle.call(engine ->
              NativeCalls.pullBlocks(
                  handle.backend(), engine, peer, sources, targets, from.length, digests, error));
      NativeStatus.check(status, error);
      return NativeLayouts.ints(digests, from.length);
    } finally {
      use.readLock().unlock();
    }
  }

  @Override
  public void close() {
    closed = true;
    use.writeLock().lock();
    try {
      handle.detach(peer);
    } finally {
      use.writeLock().unlock();
    }
  }
}
