package dev.baton.engine;

import org.jspecify.annotations.Nullable;

/**
 * A stretch of one sequence to compute in a step. The arrays are read while the step is submitted
 * and never changed or kept.
 *
 * @param tokens the sequence from its beginning, at least {@code start + count} ids; the one at
 *     {@code start + count - 1} may be {@link #pending}
 * @param start position of the first token to compute; all before it are in the KV pool
 * @param count tokens to compute
 * @param blocks ids of the blocks that hold positions 0 to {@code start + count}, in order
 * @param sample set where the token at position {@code start + count} is to be sampled
 */
@SuppressWarnings("ArrayRecordComponent")
public record SequenceSlice(
    int[] tokens, int start, int count, int[] blocks, @Nullable SampleRequest sample) {

  /** Stands for the token that sample {@code index} of the step submitted before will be. */
  public static int pending(int index) {
    return -1 - index;
  }
}
