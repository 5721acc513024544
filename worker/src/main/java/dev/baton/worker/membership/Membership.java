package dev.baton.worker.membership;

import dev.baton.contracts.HeartbeatReply;
import dev.baton.contracts.LaneGrant;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.WorkerHeartbeat;
import dev.baton.contracts.WorkerLoad;
import dev.baton.contracts.WorkerRegistration;
import dev.baton.contracts.WorkerState;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent that leases a lane and keeps it: registers, beats three times within the lease, and
 * registers again, for its old lane, when the registry does not know it any more.
 *
 * <p>A registry that cannot be reached changes nothing here: every message carries the epoch, so
 * that a worker whose lane went to somebody else meanwhile can do no harm. What ends an epoch is
 * the registry's word.
 */
public final class Membership implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Membership.class);
  private static final Duration RETRY = Duration.ofMillis(500);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final Registry registry;
  private final Function<Optional<LaneRef>, WorkerRegistration> registration;
  private final Supplier<WorkerLoad> load;
  private final LongSupplier eventSequence;
  private final MembershipListener listener;
  private final Thread thread = Thread.ofPlatform().name("membership").unstarted(this::run);

  private volatile WorkerState state = WorkerState.READY;
  private volatile @Nullable LaneRef lane;
  private volatile boolean closed;
  private Optional<LaneRef> previous = Optional.empty();
  private Duration interval = RETRY;
  private boolean complained;

  /**
   * @param registration what the worker says of itself, given the lane that it held before
   * @param eventSequence number of the last residency event that was published
   */
  public Membership(
      Registry registry,
      Function<Optional<LaneRef>, WorkerRegistration> registration,
      Supplier<WorkerLoad> load,
      LongSupplier eventSequence,
      MembershipListener listener) {
    this.registry = registry;
    this.registration = registration;
    this.load = load;
    this.eventSequence = eventSequence;
    this.listener = listener;
  }

  public void start() {
    thread.start();
  }

  /** The lane that the worker holds now. */
  public Optional<LaneRef> lane() {
    return Optional.ofNullable(lane);
  }

  /** Tells everybody to send no new work; takes effect with a heartbeat at once. */
  public void drain() {
    state = WorkerState.DRAINING;
    LockSupport.unpark(thread);
  }

  public WorkerState state() {
    return state;
  }

  /** Gives the lane back. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      if (thread.isAlive() && !thread.join(CLOSE_TIMEOUT)) {
        log.error("The membership did not end within {}", CLOSE_TIMEOUT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    LaneRef held = lane;
    lane = null;
    if (held != null) {
      try {
        registry.release(held);
      } catch (IOException e) {
        log.warn("Lane {} could not be given back: {}", held.lane().number(), e.toString());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void run() {
    while (!closed) {
      try {
        turn();
        complained = false;
      } catch (InterruptedException e) {
        break;
      } catch (IOException | RuntimeException e) {
        complain(e);
        interval = RETRY;
      }
      LockSupport.parkNanos(this, interval.toNanos());
    }
  }

  /** Once an outage, not once a try. */
  private void complain(Exception e) {
    if (!complained) {
      complained = true;
      log.warn("The registry does not answer as expected, trying on: {}", e.toString());
    }
  }

  /** One registration or heartbeat; called by the membership's thread. */
  void turn() throws IOException, InterruptedException {
    LaneRef held = lane;
    if (held == null) {
      register();
      return;
    }
    HeartbeatReply reply =
        registry.heartbeat(
            new WorkerHeartbeat(
                WorkerHeartbeat.VERSION, held, state, load.get(), eventSequence.getAsLong()));
    switch (reply.outcome()) {
      case RENEWED -> {
        if (reply.resync()) {
          log.info("The registry asks for everything that is resident");
          listener.resync(held);
        }
      }
      case UNKNOWN -> {
        log.warn("The registry does not know lane {} any more", held.lane().number());
        lane = null;
        register();
      }
      case FENCED -> {
        log.error("Lane {} belongs to somebody else now", held.lane().number());
        lane = null;
        listener.fenced(held);
        register();
      }
    }
  }

  private void register() throws IOException, InterruptedException {
    LaneGrant grant = registry.register(registration.apply(previous));
    LaneRef granted = new LaneRef(grant.worker(), grant.lane(), grant.epoch());
    log.info("Lane {}, epoch {}", granted.lane().number(), granted.epoch().value());
    previous = Optional.of(granted);
    interval = grant.ttl().dividedBy(3);
    listener.granted(granted);
    lane = granted;
  }
}
