package dev.baton.worker.loop;

import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.FinishReason;
import dev.baton.contracts.SampledToken;
import dev.baton.engine.Engine;
import dev.baton.worker.blocks.BlockPool;
import dev.baton.worker.blocks.CachedBlock;
import dev.baton.worker.blocks.ResidencyChanges;
import dev.baton.worker.loop.Sequence.Phase;
import dev.baton.worker.loop.SequenceEnd.Failure;
import dev.baton.worker.scheduling.Scheduler;
import dev.baton.worker.scheduling.StepPlan.Chunk;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that the loop's thread owns: sequences, block pool, engine. Not thread-safe; {@link
 * EngineLoop} calls it.
 */
final class LoopCore {
  private static final Logger log = LoggerFactory.getLogger(LoopCore.class);

  private final Scheduler scheduler;
  private final BlockPool pool;
  private final BlockDigests digests;
  private final SequenceBlocks blocks;
  private final StepPlanner planner;
  private final StepsAhead steps;
  private final AwaitedPrefixes awaited;
  private final ResidencySink residency;
  private final InstantSource clock;
  private final Map<SequenceId, Sequence> sequences = new LinkedHashMap<>();
  private final LoopMeter meter = new LoopMeter();
  private boolean engineFailed;

  /** {@code onFilled} is called on any thread and must bring {@link #filled} about on this one. */
  LoopCore(
      Engine engine,
      Scheduler scheduler,
      BlockPool pool,
      BlockDigests digests,
      ResidencySink residency,
      InstantSource clock,
      BiConsumer<Sequence, Filled> onFilled) {
    this.scheduler = scheduler;
    this.pool = pool;
    this.digests = digests;
    this.blocks = new SequenceBlocks(pool, digests);
    this.planner = new StepPlanner(scheduler, blocks, meter, onFilled);
    this.steps = new StepsAhead(engine);
    this.awaited = new AwaitedPrefixes(pool, digests);
    this.residency = residency;
    this.clock = clock;
  }

  boolean engineFailed() {
    return engineFailed;
  }

  void submit(Sequence sequence) {
    var refusal = scheduler.refusal(sequence.known);
    if (engineFailed) {
      end(sequence, new SequenceEnd.Failed(Failure.ENGINE_FAILED, "the engine has failed before"));
    } else if (refusal.isPresent()) {
      end(sequence, new SequenceEnd.Failed(Failure.TOO_LONG, refusal.get()));
    } else if (sequences.putIfAbsent(sequence.spec.id(), sequence) != null) {
      sequence.phase = Phase.ENDED;
      tell(sequence, new SequenceEnd.Failed(Failure.DUPLICATE, sequence.spec.id() + " runs here"));
    }
  }

  void end(SequenceId id, SequenceEnd how) {
    Sequence sequence = sequences.get(id);
    if (sequence != null) {
      end(sequence, how);
    }
  }

  void endAll(Predicate<Sequence> which, SequenceEnd how) {
    sequences.values().stream().filter(which).toList().forEach(sequence -> end(sequence, how));
  }

  /**
   * Pins the longest resident prefix once it is longer than {@code beyond} blocks, or at {@code
   * until}; {@link #unpin} gives it back.
   */
  CompletableFuture<BlockRefs> pin(BlockHashes hashes, int beyond, Instant until) {
    return awaited.pin(hashes, beyond, until, clock.instant());
  }

  void unpin(int[] blocks) {
    pool.releaseAll(blocks);
  }

  List<CachedBlock> holdUncopied(int limit) {
    return pool.holdUncopied(limit);
  }

  void unhold(List<CachedBlock> held) {
    pool.unhold(held);
  }

  void reportResidency() {
    flushResidency();
    residency.snapshot(pool.resident());
  }

  /**
   * Plans and submits a step, and reads the oldest one on its way unless a further one may be
   * submitted first; false if there was nothing to do.
   */
  boolean step() {
    expire();
    awaited.look(clock.instant());
    StepPlanner.Batch next = planner.next(sequences.values(), !steps.none());
    if (!next.chunks().isEmpty()) {
      submit(next.chunks());
    }
    if (steps.none() || (next.progress() && !steps.full())) {
      return next.progress();
    }
    settle();
    return true;
  }

  /** Reads what is still on its way. */
  void drain() {
    while (!steps.none()) {
      settle();
    }
  }

  void flushResidency() {
    ResidencyChanges changes = pool.drainChanges();
    if (!changes.isEmpty()) {
      residency.changed(changes);
    }
  }

  LoopStats stats() {
    int waiting = 0;
    long waitingTokens = 0;
    for (Sequence sequence : sequences.values()) {
      int remaining = sequence.length() - sequence.computed;
      waiting += sequence.phase == Phase.WAITING ? 1 : 0;
      waitingTokens += remaining > 1 ? remaining : 0;
    }
    return meter.stats(pool.state(), sequences.size() - waiting, waiting, waitingTokens);
  }

  /** When the next deadline passes, of a sequence or of who waits for a prefix. */
  @Nullable Instant nextDeadline() {
    return Stream.concat(
            sequences.values().stream().map(sequence -> sequence.spec.deadline()),
            awaited.deadlines())
        .min(Instant::compareTo)
        .orElse(null);
  }

  /** Answers who waits for a prefix with what there is. */
  void stopWaiting() {
    awaited.look(Instant.MAX);
  }

  void verify() {
    pool.verify();
  }

  /** What a filler did; the sequence may have been ended meanwhile. */
  void filled(Sequence sequence, Filled filled) {
    planner.filled(sequence, filled);
    if (sequence.spec.goal() instanceof Goal.Fetch && sequence.phase != Phase.ENDED) {
      end(sequence, new SequenceEnd.Fetched(sequence.computed));
    }
  }

  private void expire() {
    Instant now = clock.instant();
    endAll(
        sequence -> !now.isBefore(sequence.spec.deadline()),
        new SequenceEnd.Failed(Failure.DEADLINE_EXCEEDED, "the request's deadline has passed"));
  }

  private void submit(List<Chunk<Sequence>> batch) {
    try {
      steps.submit(batch);
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  /** Waits for the oldest step and acts on its samples. */
  private void settle() {
    StepsAhead.Result result;
    try {
      result = steps.await();
    } catch (RuntimeException | Error e) {
      fail(e);
      return;
    }
    Iterator<SampledToken> samples = result.samples().iterator();
    int input = 0;
    int generated = 0;
    for (StepsAhead.Part part : result.parts()) {
      Sequence sequence = part.sequence();
      SampledToken token = part.samples() ? samples.next() : null;
      int inputTokens =
          Math.max(0, Math.min(part.end(), sequence.spec.inputLength()) - part.start());
      input += inputTokens;
      sequence.computedTokens += inputTokens;
      if (sequence.phase == Phase.ENDED) {
        releaseUnused(sequence);
        continue;
      }
      blocks.publish(sequence, part.end());
      if (token != null) {
        generated++;
        sampled(sequence, token);
      }
    }
    meter.computedTokens += input;
    meter.generatedTokens += generated;
    meter.step(input, generated, result.nanos());
  }

  private void fail(Throwable cause) {
    log.error("The engine failed; this worker is out", cause);
    engineFailed = true;
    steps
        .abandon()
        .forEach(part -> {
          if (part.sequence().phase == Phase.ENDED) {
            releaseUnused(part.sequence());
          }
        });
    endAll(_ -> true, new SequenceEnd.Failed(Failure.ENGINE_FAILED, "engine: " + cause));
  }

  private void sampled(Sequence sequence, SampledToken token) {
    sequence.sampled();
    switch (sequence.spec.goal()) {
      case Goal.HandOver() -> handOver(sequence, token);
      case Goal.Fetch() -> throw new IllegalStateException("a fetch computes nothing");
      case Goal.Generate(var stop) -> {
        int position = sequence.known;
        if (contains(stop.stopTokens().toArray(), token.tokenId())) {
          finish(sequence, FinishReason.STOP);
          return;
        }
        sequence.append(token.tokenId());
        tell(sequence, position, token);
        if (sequence.known >= sequence.limit) {
          finish(sequence, FinishReason.LENGTH);
        }
      }
    }
  }

  private static boolean contains(int[] ids, int id) {
    return Arrays.stream(ids).anyMatch(stop -> stop == id);
  }

  private void finish(Sequence sequence, FinishReason reason) {
    int outputTokens = sequence.known - sequence.spec.promptLength();
    end(sequence, new SequenceEnd.Finished(reason, outputTokens, sequence.times()));
  }

  private void handOver(Sequence sequence, SampledToken token) {
    int[] pinned = sequence.takeBlocks();
    CompletableFuture<BlockRefs> refs = digests.refs(pinned);
    end(sequence, new SequenceEnd.HandedOver(pinned, refs, token, sequence.times()));
  }

  private void end(Sequence sequence, SequenceEnd how) {
    sequences.remove(sequence.spec.id(), sequence);
    if (sequence.phase == Phase.FILLING) {
      // The blocks belong to the filler until it is through.
      sequence.abandoned = true;
    } else {
      sequence.phase = Phase.ENDED;
      releaseUnused(sequence);
    }
    tell(sequence, how);
  }

  /** Of a sequence that has ended: a step on its way may still use the blocks. */
  private void releaseUnused(Sequence sequence) {
    if (sequence.steps == 0) {
      blocks.release(sequence);
    }
  }

  private static void tell(Sequence sequence, SequenceEnd how) {
    try {
      sequence.listener.ended(how);
    } catch (RuntimeException e) {
      log.error("A listener of {} failed", sequence.spec.id(), e);
    }
  }

  private static void tell(Sequence sequence, int position, SampledToken token) {
    try {
      sequence.listener.token(position, token);
    } catch (RuntimeException e) {
      log.error("A listener of {} failed", sequence.spec.id(), e);
    }
  }
}
