package dev.baton.worker.loop;

/**
 * Which token may come next in one sequence, depending on those before, as a grammar says. Called
 * on the loop's thread, must not block.
 */
public interface Constraint {
  /** A mask as of {@link dev.baton.engine.SampleRequest}; at least one token is allowed. */
  int[] allowed();

  /** The token that was sampled next; not called for one that ends the sequence silently. */
  void accept(int token);
}
