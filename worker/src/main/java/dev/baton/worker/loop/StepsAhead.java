package dev.baton.worker.loop;

import dev.baton.contracts.SampledToken;
import dev.baton.engine.Engine;
import dev.baton.engine.SequenceSlice;
import dev.baton.worker.scheduling.StepPlan.Chunk;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The engine's steps that are on their way. As soon as a step is submitted its sequences count as
 * computed that far; their blocks belong to the step too until it is over.
 */
final class StepsAhead {
  private final Engine engine;
  private final Deque<Step> steps = new ArrayDeque<>();
  private long lastEnd = System.nanoTime();

  StepsAhead(Engine engine) {
    this.engine = engine;
  }

  /** Positions {@code start} to {@code end} of a sequence. */
  record Part(Sequence sequence, int start, int end, boolean samples) {}

  private record Step(List<Part> parts, long submittedAt) {}

  /**
   * A step that is over.
   *
   * @param samples one for each part that samples, in order
   * @param nanos how long the engine had nothing else to do
   */
  record Result(List<Part> parts, List<SampledToken> samples, long nanos) {}

  boolean none() {
    return steps.isEmpty();
  }

  boolean full() {
    return steps.size() >= engine.stepsAhead();
  }

  void submit(List<Chunk<Sequence>> batch) {
    List<Part> parts = new ArrayList<>(batch.size());
    List<SequenceSlice> slices = new ArrayList<>(batch.size());
    for (Chunk<Sequence> chunk : batch) {
      Sequence sequence = chunk.sequence();
      int end = sequence.computed + chunk.tokens();
      Part part = new Part(sequence, sequence.computed, end, end == sequence.length());
      parts.add(part);
      slices.add(sequence.slice(part));
    }
    long now = System.nanoTime();
    engine.submit(slices);
    steps.add(new Step(parts, now));
    int samples = 0;
    for (Part part : parts) {
      part.sequence.computed = part.end;
      part.sequence.steps++;
      if (part.samples) {
        part.sequence.expect(samples++);
      }
    }
  }

  /** Waits for the oldest step. */
  Result await() {
    List<SampledToken> samples = engine.await();
    long now = System.nanoTime();
    Step step = steps.remove();
    long begin = Math.max(step.submittedAt, lastEnd);
    lastEnd = now;
    step.parts.forEach(part -> part.sequence.steps--);
    return new Result(step.parts, samples, now - begin);
  }

  /** The engine has failed: nothing is on its way any more. */
  List<Part> abandon() {
    List<Part> parts = steps.stream().flatMap(step -> step.parts.stream()).toList();
    parts.forEach(part -> part.sequence.steps--);
    steps.clear();
    return parts;
  }
}
