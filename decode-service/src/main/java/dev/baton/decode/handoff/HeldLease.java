package dev.baton.decode.handoff;

import dev.baton.contracts.LeaseRef;
import dev.baton.worker.exchange.BlockPuller;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A lease on a prefill worker's blocks, kept alive until it is closed, which happens once. Safe for
 * use by all threads.
 */
public final class HeldLease implements AutoCloseable {
  private final LeaseRef lease;
  private final BlockPuller puller;
  private final ScheduledExecutorService timer;
  private @Nullable ScheduledFuture<?> renewal;
  private boolean closed;

  private HeldLease(LeaseRef lease, BlockPuller puller, ScheduledExecutorService timer) {
    this.lease = lease;
    this.puller = puller;
    this.timer = timer;
  }

  /** Takes over a lease that came with a handle. */
  public static HeldLease of(
      LeaseRef lease, BlockPuller puller, ScheduledExecutorService timer, InstantSource clock) {
    HeldLease held = new HeldLease(lease, puller, timer);
    Duration left = Duration.between(clock.instant(), lease.expiresAt());
    held.renewAfter(left.dividedBy(3));
    return held;
  }

  /** What is held. */
  public LeaseRef ref() {
    return lease;
  }

  private synchronized void renewAfter(Duration time) {
    if (!closed && !time.isNegative()) {
      renewal = timer.schedule(this::renew, time.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void renew() {
    puller
        .renew(lease)
        .thenAccept(renewed -> renewed.ifPresent(ttl -> renewAfter(ttl.dividedBy(3))));
  }

  /** Gives the blocks back. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      if (renewal != null) {
        renewal.cancel(false);
      }
    }
    puller.release(lease);
  }
}
