package dev.baton.kvtransfer.ucx;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
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

  private final UcpContext context;
  private final UcpWorker worker;
  private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();
  private final Object workerGate = new Object();
  private boolean workerOpen = true;
  private volatile boolean running = true;
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

  /** Runs a command on the agent's thread, soon. After {@link #stop} commands are dropped. */
  void submit(Runnable command) {
    commands.add(command);
    synchronized (workerGate) {
      if (workerOpen) {
        worker.signal();
      }
    }
  }

  /** Runs {@code last} on the agent's thread, then ends it and closes worker and context. */
  void stop(Runnable last) {
    submit(
        () -> {
          last.run();
          running = false;
        });
    try {
      thread.join(10_000);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      log.error("The UCX thread did not end; its memory stays registered");
    }
  }

  /** Progresses UCX for a while at most, as while closing. Agent's thread only. */
  void progressWhile(java.util.function.BooleanSupplier busy, long nanos) {
    long end = System.nanoTime() + nanos;
    while (busy.getAsBoolean() && System.nanoTime() - end < 0) {
      progress();
      Thread.onSpinWait();
    }
  }

  private void run() {
    while (running) {
      for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
        runGuarded(command);
      }
      if (running && progress() == 0 && commands.isEmpty()) {
        // Returns at once when a signal came since the last wait.
        worker.waitForEvents();
      }
    }
    synchronized (workerGate) {
      workerOpen = false;
    }
    worker.close();
    context.close();
  }

  private void runGuarded(Runnable command) {
    try {
      command.run();
    } catch (RuntimeException e) {
      log.error("A UCX command failed", e);
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
    return 1;
  }
}
