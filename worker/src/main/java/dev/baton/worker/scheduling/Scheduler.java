package dev.baton.worker.scheduling;

import dev.baton.worker.scheduling.StepPlan.Chunk;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Decides one step of continuous batching with chunked prefill (Sarathi-Serve, OSDI 2024):
 *
 * <ol>
 *   <li>every decoding sequence gets its one token; one that finds no block preempts the sequence
 *       of lowest priority and latest arrival, itself at worst, which is recomputed later;
 *   <li>what is left of the token budget goes to running prefills, in chunks;
 *   <li>then waiting sequences are admitted in strict order while blocks for all their tokens are
 *       there, with one block to spare for every running sequence.
 * </ol>
 *
 * The first sequence in order is never preempted for another, and a sequence longer than the whole
 * pool is refused beforehand: so some sequence always advances. Pure.
 */
public final class Scheduler {
  private static final Comparator<Schedulable> ORDER =
      Comparator.comparingInt(Schedulable::priority).thenComparingLong(Schedulable::arrival);

  private final SchedulerLimits limits;

  public Scheduler(SchedulerLimits limits) {
    this.limits = limits;
  }

  public SchedulerLimits limits() {
    return limits;
  }

  /** Why a sequence of {@code tokens} known tokens can never be served, if so. */
  public Optional<String> refusal(int tokens) {
    int longest = limits.longestSequence();
    // One position must be left for a token to be generated.
    return tokens < longest
        ? Optional.empty()
        : Optional.of(
            "the prompt has "
                + tokens
                + " tokens; with room for at least one output token this worker serves at most "
                + (longest - 1));
  }

  /**
   * @param available blocks that can be allocated now
   * @param cost what admitting a waiting sequence would take now
   */
  public <S extends Schedulable> StepPlan<S> plan(
      List<S> running, List<S> waiting, int available, Function<S, AdmissionCost> cost) {
    Step<S> step = new Step<>(running, available);
    step.decode();
    step.prefill();
    if (step.preempted.isEmpty() && !waiting.isEmpty()) {
      step.admit(waiting, cost);
    }
    return new StepPlan<>(step.preempted, step.chunks, step.admitted);
  }

  private final class Step<S extends Schedulable> {
    /** Running sequences in order; preempted ones leave it from the end. */
    final List<S> order;

    final List<S> preempted = new ArrayList<>();
    final List<Chunk<S>> chunks = new ArrayList<>();
    final List<Chunk<S>> admitted = new ArrayList<>();
    int tokens = limits.tokensPerStep();
    int available;

    Step(List<S> running, int available) {
      this.order = new ArrayList<>(running);
      this.order.sort(ORDER);
      this.available = available;
    }

    void decode() {
      for (int i = 0; i < order.size() && tokens > 0; i++) {
        S sequence = order.get(i);
        if (!sequence.held() && remaining(sequence) == 1 && makeRoom(sequence, i)) {
          chunk(sequence, 1);
        }
      }
    }

    void prefill() {
      for (int i = 0; i < order.size() && tokens > 0; i++) {
        S sequence = order.get(i);
        int count = Math.min(tokens, remaining(sequence));
        if (!sequence.held() && remaining(sequence) > 1 && missing(sequence, count) <= available) {
          chunk(sequence, count);
        }
      }
    }

    void admit(List<S> waiting, Function<S, AdmissionCost> cost) {
      List<S> queue = new ArrayList<>(waiting);
      queue.sort(ORDER);
      int running = order.size();
      for (S sequence : queue) {
        if (running == limits.maxSequences() || tokens == 0) {
          return;
        }
        AdmissionCost admission = cost.apply(sequence);
        if (admission.blocks() + running > available
            && (running > 0 || admission.blocks() > available)) {
          return;
        }
        int count = Math.min(tokens, admission.tokens());
        admitted.add(new Chunk<>(sequence, count));
        tokens -= count;
        available -= admission.blocks();
        running++;
      }
    }

    /**
     * Preempts from the end of the order until {@code sequence}, at {@code place}, finds a block.
     */
    private boolean makeRoom(S sequence, int place) {
      int victim = order.size() - 1;
      while (missing(sequence, 1) > available) {
        while (victim > place && order.get(victim).held()) {
          victim--;
        }
        S loser = order.remove(victim--);
        preempted.add(loser);
        available += loser.reclaimable();
        if (loser == sequence) {
          return false;
        }
      }
      return true;
    }

    private void chunk(S sequence, int count) {
      available -= missing(sequence, count);
      tokens -= count;
      chunks.add(new Chunk<>(sequence, count));
    }

    private int missing(S sequence, int count) {
      return Math.max(0, limits.blocksFor(sequence.computed() + count) - sequence.blocks());
    }

    private int remaining(S sequence) {
      return sequence.length() - sequence.computed();
    }
  }
}
