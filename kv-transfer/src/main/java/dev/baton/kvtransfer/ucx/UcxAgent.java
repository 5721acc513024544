package dev.baton.kvtransfer.ucx;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.openucx.jucx.UcxException;
import org.openucx.jucx.ucp.UcpContext;
import org.openucx.jucx.ucp.UcpWorker;
import org.openucx.jucx.ucp.UcpWorkerParams;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that touches UCX. Others hand it commands. Every UCX object is created, used and
 * closed here, so that none is used after it was closed: that would not be an exception but the end
 * of the process.
 */
final class UcxAgent {
  private static final Logger log = LoggerFactory.getLogger(UcxAgent.class);

  private static final long STOP_PATIENCE_NANOS = 5_000_000_000L;

  private final UcpContext context;
  private final UcpWorker worker;
  private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();
  private final Object gate = new Object();
  private boolean closed;
  private boolean stopping;
  private long stopBy;
  private BooleanSupplier idle = () -> true;
  private Runnable beforeClose = () -> {};
  private final Thread thread;

  UcxAgent(UcpContext context) {
    this.context = context;
    this.worker = context.newWorker(new UcpWorkerParams().requestWakeupRMA());
    this.thread = Thread.ofPlatform().name("kv-ucx").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  UcpContext context() {
    return context;
  }

  /** For the agent's thread, and before {@link #start}. */
  UcpWorker worker() {
    return worker;
  }

  /** Runs a command on the agent's thread, soon; false once the agent has ended. */
  boolean submit(Runnable command) {
    synchronized (gate) {
      if (closed) {
        return false;
      }
      commands.add(command);
      worker.signal();
      return true;
    }
  }

  /**
   * Ends the agent and closes worker and context.
   *
   * @param first runs on the agent's thread and starts what must come to an end
   * @param isIdle whether it has; asked on the agent's thread, waited for a while
   * @param last runs on the agent's thread, right before worker and context close
   */
  void stop(Runnable first, BooleanSupplier isIdle, Runnable last) {
    submit(() -> {
      first.run();
      idle = isIdle;
      beforeClose = last;
      stopBy = System.nanoTime() + STOP_PATIENCE_NANOS;
      stopping = true;
    });
    try {
      thread.join(2 * STOP_PATIENCE_NANOS / 1_000_000);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      log.error("The UCX thread did not end; its memory stays registered");
    }
  }

  /** Progresses UCX until {@code done}, for a while at most. Agent's thread, not in callbacks. */
  boolean progressUntil(BooleanSupplier done, long nanos) {
    long end = System.nanoTime() + nanos;
    while (!done.getAsBoolean()) {
      if (System.nanoTime() - end >= 0) {
        return false;
      }
      if (progress() == 0) {
        Thread.onSpinWait();
      }
    }
    return true;
  }

  private void run() {
    while (!stopping || (!idle.getAsBoolean() && System.nanoTime() - stopBy < 0)) {
      runCommands();
      if (progress() == 0 && commands.isEmpty()) {
        await();
      }
    }
    closeAll();
    // Those that come last find everything closed and say so to whoever waits for them.
    runCommands();
  }

  private void closeAll() {
    boolean nothingLeft = runGuarded(beforeClose);
    synchronized (gate) {
      closed = true;
      worker.close();
    }
    // A context that still has memory registered aborts the process when it is closed.
    if (nothingLeft) {
      context.close();
    }
  }

  private void await() {
    if (stopping) {
      LockSupport.parkNanos(100_000);
    } else {
      // Returns at once when a signal came since the last wait.
      worker.waitForEvents();
    }
  }

  private void runCommands() {
    for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
      runGuarded(command);
    }
  }

  private static boolean runGuarded(Runnable command) {
    try {
      command.run();
      return true;
    } catch (RuntimeException e) {
      log.error("A UCX command failed", e);
      return false;
    }
  }

  private int progress() {
    try {
      return worker.progress();
    } catch (UcxException e) {
      log.warn("UCX: {}", e.getMessage());
    } catch (Exception e) {
      log.error("A UCX callback failed", e);
    }
    return 0;
  }
}
