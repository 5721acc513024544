package dev.baton.worker.loop;

import dev.baton.contracts.BlockHasher;
import dev.baton.worker.loop.Sequence.Phase;
import dev.baton.worker.scheduling.Scheduler;
import dev.baton.worker.scheduling.StepPlan;
import dev.baton.worker.scheduling.StepPlan.Chunk;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out what the scheduler decides: preempts, gives blocks, admits, has blocks filled. */
final class StepPlanner {
  private static final Logger log = LoggerFactory.getLogger(StepPlanner.class);

  private final Scheduler scheduler;
  private final SequenceBlocks blocks;
  private final LoopMeter meter;
  private final BiConsumer<Sequence, Filled> onFilled;

  StepPlanner(
      Scheduler scheduler,
      SequenceBlocks blocks,
      LoopMeter meter,
      BiConsumer<Sequence, Filled> onFilled) {
    this.scheduler = scheduler;
    this.blocks = blocks;
    this.meter = meter;
    this.onFilled = onFilled;
  }

  /**
   * @param progress whether anything was decided, be it only to admit or to preempt
   */
  record Batch(List<Chunk<Sequence>> chunks, boolean progress) {
    static final Batch NOTHING = new Batch(List.of(), false);
  }

  /**
   * The next batch of {@code sequences}.
   *
   * @param ahead whether a step is on its way
   */
  Batch next(Collection<Sequence> sequences, boolean ahead) {
    List<Sequence> running = new ArrayList<>();
    List<Sequence> waiting = new ArrayList<>();
    for (Sequence sequence : sequences) {
      if (sequence.phase == Phase.WAITING) {
        waiting.add(sequence);
      } else if (!sequence.endsWithNextToken()) {
        running.add(sequence);
      }
    }
    if (running.isEmpty() && waiting.isEmpty()) {
      return Batch.NOTHING;
    }
    StepPlan<Sequence> plan = scheduler.plan(running, waiting, blocks.available(), blocks::cost);
    if (!plan.preempted().isEmpty() && ahead) {
      return Batch.NOTHING; // the blocks are in use until the step is over, which may free others
    }
    plan.preempted().forEach(this::preempt);
    List<Chunk<Sequence>> batch = new ArrayList<>();
    for (Chunk<Sequence> chunk : plan.chunks()) {
      if (blocks.grow(chunk.sequence(), chunk.tokens())) {
        batch.add(chunk);
      }
    }
    boolean admitted = false;
    for (Chunk<Sequence> chunk : plan.admitted()) {
      admitted |= admit(chunk, batch);
    }
    return new Batch(batch, admitted || !batch.isEmpty() || !plan.preempted().isEmpty());
  }

  /** What a filler did; the sequence may have been ended meanwhile. */
  void filled(Sequence sequence, Filled filled) {
    blocks.filled(sequence, filled);
    int residentTokens = sequence.computed;
    sequence.filled();
    sequence.filledTokens += Math.max(0, filled.tokens() - residentTokens);
    meter.filledTokens += Math.max(0, filled.tokens() - residentTokens);
    sequence.computed = Math.max(residentTokens, Math.min(filled.tokens(), sequence.known - 1));
    blocks.publish(sequence, sequence.computed);
    if (sequence.abandoned || !filled.quarantined().isEmpty()) {
      blocks.releaseBut(sequence, filled.quarantined());
      sequence.phase = sequence.abandoned ? Phase.ENDED : Phase.WAITING;
    } else {
      sequence.phase = Phase.RUNNING;
    }
  }

  private boolean admit(Chunk<Sequence> chunk, List<Chunk<Sequence>> batch) {
    Sequence sequence = chunk.sequence();
    if (!blocks.admit(sequence)) {
      return false;
    }
    sequence.reusedTokens += sequence.preemptions == 0 ? sequence.computed : 0;
    meter.reusedTokens += sequence.computed;
    if (sequence.admitted()) {
      tellStarted(sequence);
    }
    Filler filler = sequence.spec.filler();
    if (filler != null && !sequence.fillTried) {
      sequence.fillTried = true;
      sequence.phase = Phase.FILLING;
      fill(sequence, filler, sequence.published);
    } else {
      sequence.phase = Phase.RUNNING;
      int left = sequence.known - sequence.computed;
      batch.add(new Chunk<>(sequence, Math.min(chunk.tokens(), left)));
    }
    return true;
  }

  private static void tellStarted(Sequence sequence) {
    try {
      sequence.listener.started();
    } catch (RuntimeException e) {
      log.error("A listener of {} failed", sequence.spec.id(), e);
    }
  }

  private void fill(Sequence sequence, Filler filler, int resident) {
    Filled nothing = Filled.nothing(resident, BlockHasher.BLOCK_TOKENS);
    try {
      filler
          .fill(new Filler.Room(sequence.hashes(), sequence.blocks.clone(), resident))
          .whenComplete((filled, failure) -> {
            if (failure != null) {
              log.warn("Filling blocks of {} failed", sequence.spec.id(), failure);
            }
            onFilled.accept(sequence, failure == null ? filled : nothing);
          });
    } catch (RuntimeException e) {
      log.warn("Filling blocks of {} failed", sequence.spec.id(), e);
      onFilled.accept(sequence, nothing);
    }
  }

  private void preempt(Sequence sequence) {
    blocks.release(sequence);
    sequence.phase = Phase.WAITING;
    sequence.preemptions++;
    meter.preemptions++;
  }
}
