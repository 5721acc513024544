package dev.baton.engine;

import dev.baton.contracts.KvLayout;
import dev.baton.contracts.SampledToken;
import java.util.List;

/**
 * One model loaded on one device. Owned by one thread; only {@link #close} may come from another,
 * and only once no step is running.
 */
public interface Engine extends AutoCloseable {
  ModelDescription model();

  /** Shape of one KV block. */
  KvLayout kvLayout();

  /** The KV pool; in host memory block {@code i} begins at byte {@code i * blockBytes()}. */
  KvMemory kvMemory();

  /**
   * Runs one mixed batch of prefill chunks and decode steps: computes the KV of every slice's
   * tokens and samples where asked. On {@code cpu} the result of a slice does not depend on its
   * batch mates or on how its sequence was cut into slices; on {@code cuda} it does not up to
   * rounding. The calling thread needs a stack of 4 MiB.
   *
   * <p>No step may be on its way.
   *
   * @return one token for each slice with a {@link SampleRequest}, in batch order
   * @throws IllegalArgumentException if a token, position or block is out of range; nothing was run
   * @throws EngineException if the backend failed; the KV of this batch is undefined
   */
  List<SampledToken> step(List<SequenceSlice> batch);

  /**
   * How many steps to keep on their way: 2 where a step runs beside its owner, so that the next one
   * is there when it ends; 1 where {@link #submit} itself computes.
   */
  int stepsAhead();

  /**
   * Submits a step, as {@link #step} takes it; at most two may be on their way. They run in order.
   * The last token of a slice may be one that the step submitted before will sample: {@link
   * SequenceSlice#pending}.
   *
   * @throws IllegalArgumentException as of {@link #step}, or if two steps are on their way; nothing
   *     was submitted
   * @throws EngineException if the backend failed; the engine can only be closed
   */
  void submit(List<SequenceSlice> batch);

  /**
   * Waits for the oldest step on its way; what {@link #step} returns.
   *
   * @throws EngineException if the backend failed; the engine can only be closed
   */
  List<SampledToken> await();

  /** Frees the model and the pool. Idempotent. */
  @Override
  void close();
}
