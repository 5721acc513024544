package dev.baton.worker.loop;

import dev.baton.contracts.BlockHasher;
import dev.baton.worker.blocks.BlockPool;
import dev.baton.worker.scheduling.AdmissionCost;
import java.util.Arrays;
import java.util.List;

/** Gives the pool's blocks to sequences, names those that are complete, takes them back. */
final class SequenceBlocks {
  private static final int BLOCK = BlockHasher.BLOCK_TOKENS;

  private final BlockPool pool;
  private final BlockDigests digests;

  SequenceBlocks(BlockPool pool, BlockDigests digests) {
    this.pool = pool;
    this.digests = digests;
  }

  int available() {
    return pool.available();
  }

  AdmissionCost cost(Sequence sequence) {
    int[] resident = reusable(sequence);
    int shared = (int) Arrays.stream(resident).filter(b -> pool.references(b) > 0).count();
    boolean fills = sequence.spec.filler() != null && !sequence.fillTried;
    return new AdmissionCost(
        Math.ceilDiv(sequence.known, BLOCK) - shared,
        fills ? 0 : sequence.known - resident.length * BLOCK);
  }

  /** Gives it blocks for all of its tokens; false if there are too few. */
  boolean admit(Sequence sequence) {
    // An admission before this one may have evicted what was counted on.
    if (cost(sequence).blocks() > pool.available()) {
      return false;
    }
    int[] resident = reusable(sequence);
    for (int block : resident) {
      pool.retain(block);
    }
    sequence.blocks = Arrays.copyOf(resident, Math.ceilDiv(sequence.known, BLOCK));
    for (int i = resident.length; i < sequence.blocks.length; i++) {
      sequence.blocks[i] = allocate();
    }
    sequence.computed = resident.length * BLOCK;
    sequence.published = resident.length;
    return true;
  }

  /** Gives it the blocks that its next {@code tokens} need; false if there are too few. */
  boolean grow(Sequence sequence, int tokens) {
    int needed = Math.ceilDiv(sequence.computed + tokens, BLOCK);
    while (sequence.blocks.length < needed) {
      if (pool.available() == 0) {
        return false;
      }
      sequence.addBlock(allocate());
    }
    return true;
  }

  /** Names the blocks that are complete: {@code computed} tokens are known and in the pool. */
  void publish(Sequence sequence, int computed) {
    int first = sequence.published;
    for (; sequence.published < computed / BLOCK; sequence.published++) {
      int block = sequence.blocks[sequence.published];
      pool.publish(
          block,
          sequence.hash(sequence.published),
          sequence.parent(sequence.published),
          sequence.spec.root());
    }
    if (sequence.spec.goal() instanceof Goal.HandOver) {
      // While later chunks compute; the sequence keeps the blocks pinned or the digests are unused.
      digests.prepare(Arrays.copyOfRange(sequence.blocks, first, sequence.published));
    }
  }

  /** Keeps the digests of what was filled. */
  void filled(Sequence sequence, Filled filled) {
    int first = filled.blocks() - filled.digests().size();
    // The digest of a partial block would be wrong as soon as the sequence writes into it.
    for (int place = first; place < filled.tokens() / BLOCK; place++) {
      digests.put(sequence.blocks[place], filled.digests().get(place - first));
    }
  }

  void release(Sequence sequence) {
    pool.releaseAll(sequence.takeBlocks());
  }

  /** Takes back all but what something might still write into. */
  void releaseBut(Sequence sequence, List<Integer> quarantined) {
    pool.releaseAll(
        Arrays.stream(sequence.takeBlocks())
            .filter(block -> !quarantined.contains(block))
            .toArray());
  }

  /** At least the last token is left to compute: its logits are needed. */
  private int[] reusable(Sequence sequence) {
    return pool.longestPrefix(sequence.hashes(), (sequence.known - 1) / BLOCK);
  }

  private int allocate() {
    int block = pool.allocate().orElseThrow(() -> new IllegalStateException("the pool is empty"));
    digests.forget(block);
    return block;
  }
}
