package dev.baton.worker.boot;

import dev.baton.worker.membership.Membership;
import dev.baton.worker.runtime.PeerWatch;
import dev.baton.worker.runtime.WorkSource;
import dev.baton.worker.runtime.WorkerRuntime;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Joins the cluster once the worker can serve. On shutdown, before anything else stops, the worker
 * drains: it takes no more work, finishes what it has and serves reads of its leased blocks, all
 * for a bounded time, and then gives its lane back.
 */
@Component
class WorkerLifecycle implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(WorkerLifecycle.class);
  private static final long POLL_NANOS = 50_000_000;

  private final Membership membership;
  private final PeerWatch peers;
  private final WorkerRuntime runtime;
  private final WorkSource source;
  private final WorkerProperties properties;
  private volatile boolean joined;

  WorkerLifecycle(
      Membership membership,
      PeerWatch peers,
      WorkerRuntime runtime,
      WorkSource source,
      WorkerProperties properties) {
    this.membership = membership;
    this.peers = peers;
    this.runtime = runtime;
    this.source = source;
    this.properties = properties;
  }

  @EventListener
  void ready(ApplicationReadyEvent event) {
    joined = true;
    membership.start();
    peers.start();
  }

  @Override
  public void start() {}

  @Override
  public void stop() {
    if (!joined) {
      return;
    }
    joined = false;
    peers.close();
    membership.drain();
    source.stop();
    long deadline = System.nanoTime() + properties.drainTimeout().toNanos();
    while (!idle() && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(POLL_NANOS);
    }
    if (!idle()) {
      log.warn("Not idle after {}; what still runs is lost", properties.drainTimeout());
    }
    membership.close();
  }

  private boolean idle() {
    return runtime.idle() && source.idle();
  }

  @Override
  public boolean isRunning() {
    return joined;
  }

  /** Stops first. */
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }
}
