package dev.baton.worker.loop;

import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.BlockRefs;
import dev.baton.engine.Engine;
import dev.baton.worker.blocks.BlockPool;
import dev.baton.worker.blocks.CachedBlock;
import dev.baton.worker.loop.SequenceEnd.Failure;
import dev.baton.worker.scheduling.Scheduler;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent that owns engine, block pool and sequences: one platform thread that does nothing but
 * <em>schedule → submit → postprocess</em>, and parks while there is nothing to do. Where the
 * engine runs beside it, a step is planned and submitted while the one before still runs, with
 * tokens that are not known yet; what has ended meanwhile is computed once too often, and its
 * blocks are free only after that. Other threads send commands, which take effect between two
 * submissions; every public method may be called from any thread and returns at once.
 */
public final class EngineLoop implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EngineLoop.class);
  private static final Duration LONGEST_PARK = Duration.ofSeconds(1);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);

  /**
   * Native libraries generate code with deep stacks; the JVM's default may have been made small.
   */
  private static final long STACK_BYTES = 4 << 20;

  private final LoopCore core;
  private final BlockPool pool;
  private final OffloadSink offload;
  private final InstantSource clock;
  private final int longest;
  private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();
  private final AtomicLong arrivals = new AtomicLong();
  private final Thread thread =
      Thread.ofPlatform().name("engine-loop").stackSize(STACK_BYTES).unstarted(this::run);
  private volatile LoopStats stats;
  private volatile boolean healthy = true;
  private volatile boolean closed;

  /**
   * @param tenantQuota cached blocks of one tenant, beyond which these are evicted before others'
   * @param digester called on {@code digestExecutor}
   */
  public EngineLoop(
      Engine engine,
      Scheduler scheduler,
      ResidencySink residency,
      OffloadSink offload,
      int tenantQuota,
      BlockDigester digester,
      Executor digestExecutor,
      InstantSource clock) {
    this.offload = offload;
    this.clock = clock;
    this.longest = scheduler.limits().longestSequence();
    this.pool = new BlockPool(engine.kvMemory().blocks(), tenantQuota);
    this.core =
        new LoopCore(
            engine,
            scheduler,
            pool,
            new BlockDigests(pool.total(), digester, digestExecutor),
            residency,
            clock,
            this::onFilled);
    this.stats = core.stats();
  }

  public void start() {
    thread.start();
  }

  /** Runs a sequence; all that becomes of it is told to {@code listener}. */
  public void submit(SequenceSpec spec, SequenceListener listener) {
    Sequence sequence =
        new Sequence(spec, listener, arrivals.incrementAndGet(), longest, pool::references);
    if (closed) {
      listener.ended(new SequenceEnd.Failed(Failure.WORKER_GONE, "the worker stops"));
      return;
    }
    command(() -> core.submit(sequence));
  }

  /** Ends a sequence, if there is such a one; its blocks are free after the steps on their way. */
  public void cancel(SequenceId id) {
    command(() -> core.end(id, new SequenceEnd.Cancelled()));
  }

  /** Ends a sequence as failed. */
  public void fail(SequenceId id, Failure failure, String message) {
    command(() -> core.end(id, new SequenceEnd.Failed(failure, message)));
  }

  /** Ends every sequence as failed, as when the worker loses its lane. */
  public void failAll(Failure failure, String message) {
    command(() -> core.endAll(_ -> true, new SequenceEnd.Failed(failure, message)));
  }

  /** Pins the longest resident prefix and names its blocks; {@link #unpin} gives them back. */
  public CompletionStage<BlockRefs> pin(BlockHashes hashes) {
    return pin(hashes, 0, Duration.ZERO);
  }

  /** The same once more than {@code beyond} blocks are resident, or after {@code wait}. */
  public CompletionStage<BlockRefs> pin(BlockHashes hashes, int beyond, Duration wait) {
    Instant until = clock.instant().plus(wait);
    CompletableFuture<BlockRefs> refs = new CompletableFuture<>();
    command(() ->
        core.pin(hashes, beyond, until)
            .whenComplete((found, failure) -> {
              if (failure == null) {
                refs.complete(found);
              } else {
                refs.completeExceptionally(failure);
              }
            }));
    return refs;
  }

  /** Gives back what {@link #pin} or a {@link SequenceEnd.HandedOver} has pinned. */
  public void unpin(int[] blocks) {
    int[] released = blocks.clone();
    command(() -> core.unpin(released));
  }

  /** Reports everything that is resident to the sink, in order with the changes. */
  public void reportResidency() {
    command(core::reportResidency);
  }

  /** As of the last step. */
  public LoopStats stats() {
    return stats;
  }

  /** False for ever once the engine or the loop itself has failed. */
  public boolean healthy() {
    return healthy;
  }

  /** Checks the block pool's books on the loop's thread; fails if they do not add up. */
  public CompletionStage<Void> verify() {
    CompletableFuture<Void> verified = new CompletableFuture<>();
    command(() -> {
      try {
        core.verify();
        verified.complete(null);
      } catch (IllegalStateException e) {
        verified.completeExceptionally(e);
      }
    });
    return verified;
  }

  /** Fails what still runs and waits for the thread to end; the engine is idle afterwards. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      if (!thread.join(CLOSE_TIMEOUT)) {
        log.error("The engine loop did not end within {}", CLOSE_TIMEOUT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Commands, then a step submitted, read, or both; false if there was nothing to do. */
  boolean doWork() {
    boolean commanded = drainCommands();
    boolean stepped = core.step();
    core.flushResidency();
    offload();
    healthy &= !core.engineFailed();
    if (commanded || stepped) {
      stats = core.stats();
    }
    return stepped;
  }

  private void offload() {
    int room = offload.room();
    List<CachedBlock> held = room == 0 ? List.of() : core.holdUncopied(room);
    if (!held.isEmpty()) {
      offload.offload(held).whenComplete((_, _) -> command(() -> core.unhold(held)));
    }
  }

  private void run() {
    try {
      while (!closed) {
        if (!doWork() && commands.isEmpty()) {
          park();
        }
      }
    } catch (RuntimeException | Error e) {
      // A bug in the loop: state can no longer be trusted, so nothing goes on here.
      log.error("The engine loop failed; this worker is out", e);
      healthy = false;
      closed = true;
    } finally {
      drainCommands();
      core.endAll(_ -> true, new SequenceEnd.Failed(Failure.WORKER_GONE, "the worker stops"));
      core.drain();
      core.stopWaiting();
      core.flushResidency();
      stats = core.stats();
    }
  }

  private void park() {
    Instant deadline = core.nextDeadline();
    Duration left = deadline == null ? LONGEST_PARK : Duration.between(clock.instant(), deadline);
    long nanos = Math.min(Math.max(left.toNanos(), 0), LONGEST_PARK.toNanos());
    if (nanos > 0) {
      LockSupport.parkNanos(this, nanos);
    }
  }

  private boolean drainCommands() {
    boolean any = false;
    for (@Nullable Runnable command = commands.poll(); command != null; command = commands.poll()) {
      command.run();
      any = true;
    }
    return any;
  }

  private void command(Runnable command) {
    commands.add(command);
    LockSupport.unpark(thread);
  }

  private void onFilled(Sequence sequence, Filled filled) {
    command(() -> core.filled(sequence, filled));
    int[] quarantined = filled.quarantined().stream().mapToInt(Integer::intValue).toArray();
    if (quarantined.length > 0) {
      log.warn("{} blocks are in quarantine", quarantined.length);
      filled
          .lifted()
          .whenComplete(
              (_, _) -> command(() -> core.unpin(Arrays.copyOf(quarantined, quarantined.length))));
    }
  }
}
