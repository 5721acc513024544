package dev.baton.worker.scheduling;

import java.util.List;

/**
 * What to do in one step, in this order.
 *
 * @param preempted lose their blocks and wait again
 * @param chunks tokens to compute of running sequences
 * @param admitted join the running ones, in order
 */
public record StepPlan<S extends Schedulable>(
    List<S> preempted, List<Chunk<S>> chunks, List<Chunk<S>> admitted) {
  public StepPlan {
    preempted = List.copyOf(preempted);
    chunks = List.copyOf(chunks);
    admitted = List.copyOf(admitted);
  }

  /** The next {@code tokens} tokens of a sequence. */
  public record Chunk<S extends Schedulable>(S sequence, int tokens) {}
}
