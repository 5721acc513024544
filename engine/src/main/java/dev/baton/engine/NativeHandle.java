package dev.baton.engine;

import java.lang.ref.Cleaner;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongToIntFunction;

/** An open native engine and its pool, freed once: by {@link #close} or when forgotten. */
final class NativeHandle implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  private final long backend;
  private final long engine;
  private final Set<Long> peers = ConcurrentHashMap.newKeySet();
  private final ReadWriteLock use = new ReentrantReadWriteLock();
  private final Cleaner.Cleanable cleanable;
  private volatile boolean closed;

  /**
   * Takes ownership of {@code engine}.
   *
   * @param freePool runs when the engine is closed
   */
  NativeHandle(long backend, long engine, Runnable freePool) {
    this.backend = backend;
    this.engine = engine;
    this.cleanable = CLEANER.register(this, new Release(backend, engine, peers, freePool));
  }

  long backend() {
    return backend;
  }

  /** For the thread that owns the engine, which does not close it at the same time. */
  long engine() {
    if (closed) {
      throw new IllegalStateException("the engine is closed");
    }
    return engine;
  }

  /** Runs a call of another thread; closing waits for it. */
  int call(LongToIntFunction nativeCall) {
    use.readLock().lock();
    try {
      return nativeCall.applyAsInt(engine());
    } finally {
      use.readLock().unlock();
    }
  }

  /** Inside of {@link #call}: takes ownership of a mapped pool. */
  void attached(long peer) {
    peers.add(peer);
  }

  /** Unmaps a pool unless the engine did when it was closed. No pull of it may be running. */
  void detach(long peer) {
    use.readLock().lock();
    try {
      if (peers.remove(peer)) {
        NativeCalls.detachPeer(backend, peer);
      }
    } finally {
      use.readLock().unlock();
    }
  }

  @Override
  public void close() {
    closed = true;
    use.writeLock().lock();
    try {
      cleanable.clean();
    } finally {
      use.writeLock().unlock();
    }
  }

  private record Release(long backend, long engine, Set<Long> peers, Runnable freePool)
      implements Runnable {
    @Override
    public void run() {
      peers.removeIf(peer -> {
        NativeCalls.detachPeer(backend, peer);
        return true;
      });
      NativeCalls.closeEngine(backend, engine);
      freePool.run();
    }
  }
}
