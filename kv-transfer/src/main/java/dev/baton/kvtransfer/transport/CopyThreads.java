package dev.baton.kvtransfer.transport;

import dev.baton.kvtransfer.PeerFailure;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Threads that copy out of mapped pools, one transfer at a time each. */
public final class CopyThreads implements AutoCloseable {
  private final ThreadPoolExecutor copiers;
  private final Timers timers;

  public CopyThreads(int threads, Timers timers) {
    this.timers = timers;
    this.copiers =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().name("kv-copy-", 0).daemon().factory());
    copiers.allowCoreThreadTimeOut(true);
  }

  /** Runs {@code copy}, which ends the transfer, or ends it itself at its deadline. */
  void start(Transfer transfer, Runnable copy) {
    // Whoever takes the transfer first ends it: the copy thread, or the timer while it still
    // queues.
    AtomicBoolean taken = new AtomicBoolean();
    Timers.Timer timer =
        timers.at(
            transfer.deadline(),
            () -> {
              if (taken.compareAndSet(false, true)) {
                transfer.end(new PeerFailure.DeadlineExceeded("a free copy thread"));
              }
            });
    Runnable task =
        () -> {
          if (taken.compareAndSet(false, true)) {
            timer.close();
            copy.run();
          }
        };
    try {
      copiers.execute(task);
    } catch (RejectedExecutionException _) {
      timer.close();
      transfer.end(new PeerFailure.Declined("the plane is closed"));
    }
  }

  @Override
  public void close() {
    copiers.shutdown();
    try {
      // A copy takes milliseconds; readers have been aborted before this.
      copiers.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
