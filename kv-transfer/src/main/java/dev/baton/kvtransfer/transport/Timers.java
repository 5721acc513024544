package dev.baton.kvtransfer.transport;

import dev.baton.kvtransfer.Deadline;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The plane's one timer thread. What it runs must not block. */
public final class Timers implements AutoCloseable {
  private final ScheduledThreadPoolExecutor executor;

  public Timers() {
    executor =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("kv-timers").daemon().factory());
    executor.setRemoveOnCancelPolicy(true);
  }

  /** A timer that has not gone off can be called off. */
  @FunctionalInterface
  public interface Timer extends AutoCloseable {
    @Override
    void close();
  }

  /** Runs {@code action} once the deadline passed; at once after the plane closed. */
  public Timer at(Deadline deadline, Runnable action) {
    try {
      var scheduled = executor.schedule(action, deadline.remainingNanos(), TimeUnit.NANOSECONDS);
      return () -> scheduled.cancel(false);
    } catch (RejectedExecutionException _) {
      action.run();
      return () -> {};
    }
  }

  public void every(Duration interval, Runnable action) {
    executor.scheduleWithFixedDelay(
        action, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
