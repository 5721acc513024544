package dev.baton.worker.loop;

import dev.baton.contracts.BlockHashes;
import java.util.concurrent.CompletionStage;

/** Fills blocks of an admitted sequence from somewhere else, such as another worker's pool. */
@FunctionalInterface
public interface Filler {
  /**
   * Begins to fill; called on the loop's thread, must not block. The blocks belong to the filler
   * until the stage completes. It should not fail; if it does nothing counts as filled.
   */
  CompletionStage<Filled> fill(Room room);

  /**
   * Where to put it.
   *
   * @param hashes names of the sequence's full blocks
   * @param blocks all blocks of the sequence in order
   * @param resident how many of them, from the first, are there already
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Room(BlockHashes hashes, int[] blocks, int resident) {}
}
