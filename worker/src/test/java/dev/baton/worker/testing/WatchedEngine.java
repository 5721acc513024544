package dev.baton.worker.testing;

import dev.baton.contracts.KvLayout;
import dev.baton.contracts.SampledToken;
import dev.baton.engine.Engine;
import dev.baton.engine.KvMemory;
import dev.baton.engine.ModelDescription;
import dev.baton.engine.SequenceSlice;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Another engine, so many steps of which are on their way at a time; watches them. */
public final class WatchedEngine implements Engine {
  private final Engine engine;
  private final int stepsAhead;
  private final Deque<List<SequenceSlice>> steps = new ArrayDeque<>();
  private int submitted;
  private int submittedAhead;
  private long idleNanos;
  private long idleSince = System.nanoTime();

  public WatchedEngine(Engine engine, int stepsAhead) {
    this.engine = engine;
    this.stepsAhead = stepsAhead;
  }

  public int onTheirWay() {
    return steps.size();
  }

  public int submitted() {
    return submitted;
  }

  /** Steps that were submitted while another was on its way. */
  public int submittedAhead() {
    return submittedAhead;
  }

  /** How long no step was on its way, all in all. */
  public long idleNanos() {
    return idleNanos;
  }

  /** Blocks that the steps on their way read or write. */
  public Set<Integer> blocksOnTheirWay() {
    return steps.stream()
        .flatMap(List::stream)
        .flatMapToInt(slice -> IntStream.of(slice.blocks()))
        .boxed()
        .collect(Collectors.toSet());
  }

  @Override
  public int stepsAhead() {
    return stepsAhead;
  }

  @Override
  public void submit(List<SequenceSlice> batch) {
    submitted++;
    submittedAhead += steps.isEmpty() ? 0 : 1;
    idleNanos += steps.isEmpty() ? System.nanoTime() - idleSince : 0;
    engine.submit(batch);
    steps.add(batch);
  }

  @Override
  public List<SampledToken> await() {
    List<SampledToken> samples = engine.await();
    steps.remove();
    idleSince = System.nanoTime();
    return samples;
  }

  @Override
  public List<SampledToken> step(List<SequenceSlice> batch) {
    return engine.step(batch);
  }

  @Override
  public ModelDescription model() {
    return engine.model();
  }

  @Override
  public KvLayout kvLayout() {
    return engine.kvLayout();
  }

  @Override
  public KvMemory kvMemory() {
    return engine.kvMemory();
  }

  @Override
  public void close() {
    engine.close();
  }
}
