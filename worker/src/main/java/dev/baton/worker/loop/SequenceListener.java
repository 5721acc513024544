package dev.baton.worker.loop;

import dev.baton.contracts.SampledToken;

/** Hears of one sequence, in order, on the loop's thread; must not block. */
public interface SequenceListener {
  /** It has left the queue; called once. */
  default void started() {}

  /** A token was sampled and did not end the sequence silently; not called for a hand-over. */
  default void token(int position, SampledToken token) {}

  /** The last call. */
  void ended(SequenceEnd end);
}
