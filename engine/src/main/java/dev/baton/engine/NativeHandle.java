package dev.baton.engine;

import java.lang.ref.Cleaner;

/** An open native engine and its pool, freed once: by {@link #close} or when forgotten. */
final class NativeHandle implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  private final long backend;
  private final long engine;
  private final Cleaner.Cleanable cleanable;
  private volatile boolean closed;

  /** Takes ownership of {@code engine} and {@code pool}. */
  NativeHandle(long backend, long engine, HostKvPool pool) {
    this.backend = backend;
    this.engine = engine;
    this.cleanable = CLEANER.register(this, new Release(backend, engine, pool));
  }

  long backend() {
    return backend;
  }

  long engine() {
    if (closed) {
      throw new IllegalStateException("the engine is closed");
    }
    return engine;
  }

  @Override
  public void close() {
    closed = true;
    cleanable.clean();
  }

  private record Release(long backend, long engine, HostKvPool pool) implements Runnable {
    @Override
    public void run() {
      NativeCalls.closeEngine(backend, engine);
      pool.close();
    }
  }
}
