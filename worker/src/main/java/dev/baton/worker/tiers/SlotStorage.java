package dev.baton.worker.tiers;

import dev.baton.contracts.BlockHash;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Where a {@link CacheTier} keeps its blocks: slots of one block each, numbered from 0. A slot is
 * written by one thread at a time and not read meanwhile.
 */
interface SlotStorage extends AutoCloseable {
  /** Most slots that there will ever be. */
  int capacity();

  /** A slot that was found full at start. */
  record Found(int slot, BlockHash hash, int digest) {}

  /** Slots that were full when the storage was opened. */
  List<Found> found();

  /** Slots that were empty when the storage was opened. */
  List<Integer> empty();

  /**
   * Makes more slots, all empty; none if there are as many as there may be.
   *
   * @throws IOException if there is no room for them
   */
  List<Integer> grow() throws IOException;

  /** Fills a slot; what it held before is lost from the beginning of the call. */
  void write(int slot, BlockHash hash, int digest, MemorySegment block) throws IOException;

  /** The bytes of a slot. */
  MemorySegment slot(int slot);

  /** Empties a slot, so that it will not be found again. */
  void erase(int slot) throws IOException;

  /** While nobody reads or writes. */
  @Override
  void close();
}
