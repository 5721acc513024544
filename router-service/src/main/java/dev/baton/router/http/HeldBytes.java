package dev.baton.router.http;

import dev.baton.router.errors.ApiException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the memory of request bodies that are not yet admitted: counted as they arrive, not as
 * they are announced, so that a client cannot reserve what it never sends. Thread-safe.
 */
public final class HeldBytes {
  private final long most;
  private final AtomicLong held = new AtomicLong();

  public HeldBytes(long most) {
    this.most = most;
  }

  /** Bytes of all requests. */
  public long held() {
    return held.get();
  }

  /** The bytes of one request. */
  public Share share() {
    return new Share();
  }

  /** What one request holds; closing it twice does nothing. */
  public final class Share implements AutoCloseable {
    private final AtomicLong mine = new AtomicLong();

    private Share() {}

    /**
     * @throws ApiException 503 where all requests together hold too much
     */
    void add(int bytes) {
      mine.addAndGet(bytes);
      if (held.addAndGet(bytes) > most) {
        throw ApiException.unavailable(
            "overloaded", "The service is busy reading requests.", Duration.ofSeconds(2));
      }
    }

    @Override
    public void close() {
      held.addAndGet(-mine.getAndSet(0));
    }
  }
}
