package dev.baton.worker.blocks;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * Book-keeping of a KV pool: reference counts, names, a free list, and the unused named blocks in
 * least-recently-used order. A block is free (no content), cached (named, unused) or pinned (used);
 * a named block is never written again, so sharing it needs no copy. Knows ids only, never bytes.
 * One owner, no locks.
 */
public final class BlockPool {
  private final int[] references;
  private final @Nullable BlockHash[] names;
  private final int[] free;
  private int freeCount;
  private final SequencedSet<Integer> cached = new LinkedHashSet<>();
  private final PrefixIndex index = new PrefixIndex();
  private final Map<BlockHash, Boolean> changes = new LinkedHashMap<>();

  /** A pool of {@code total} free blocks with ids from 0. */
  public BlockPool(int total) {
    if (total < 1) {
      throw new IllegalArgumentException("a pool needs at least one block, not " + total);
    }
    references = new int[total];
    names = new @Nullable BlockHash[total];
    free = new int[total];
    for (int i = 0; i < total; i++) {
      free[i] = total - 1 - i;
    }
    freeCount = total;
  }

  public int total() {
    return references.length;
  }

  /** Blocks that {@link #allocate} can hand out: free ones and cached ones. */
  public int available() {
    return freeCount + cached.size();
  }

  /** A nameless block with one reference; evicts the least recently used cached one if need be. */
  public OptionalInt allocate() {
    if (available() == 0) {
      return OptionalInt.empty();
    }
    int block = freeCount > 0 ? free[--freeCount] : evict();
    references[block] = 1;
    return OptionalInt.of(block);
  }

  /** One more user of a pinned or cached block. */
  public void retain(int block) {
    if (references[block] == 0 && !cached.remove(block)) {
      throw new IllegalStateException("block " + block + " is free, nobody can share it");
    }
    references[block]++;
  }

  /** One user less. The last one leaves a named block cached and a nameless one free. */
  public void release(int block) {
    if (references[block] == 0) {
      throw new IllegalStateException("block " + block + " is not in use");
    }
    if (--references[block] > 0) {
      return;
    }
    if (names[block] == null) {
      free[freeCount++] = block;
    } else {
      cached.addLast(block);
    }
  }

  /** Releases the last block first, so that a prefix outlives what was built on it. */
  public void releaseAll(int[] blocks) {
    for (int i = blocks.length - 1; i >= 0; i--) {
      release(blocks[i]);
    }
  }

  /**
   * Names a complete block, so that others find it; it must not be written afterwards. Where the
   * name is taken the block stays nameless.
   */
  public void publish(int block, BlockHash hash) {
    if (references[block] == 0 || names[block] != null) {
      throw new IllegalStateException("only a nameless block in use can get a name");
    }
    if (index.putIfAbsent(hash, block)) {
      names[block] = hash;
      changed(hash, true);
    }
  }

  /** Resident blocks of the longest prefix of {@code chain}; not retained. */
  public int[] longestPrefix(BlockHashes chain, int limit) {
    return index.longestPrefix(chain, limit);
  }

  /** Whether a block of that name is resident. */
  public boolean holds(BlockHash hash) {
    return index.find(hash).isPresent();
  }

  /** How many users a block has. */
  public int references(int block) {
    return references[block];
  }

  /** Net changes since the last call. */
  public ResidencyChanges drainChanges() {
    List<BlockHash> dropped = new ArrayList<>();
    List<BlockHash> stored = new ArrayList<>();
    changes.forEach((hash, isStored) -> (isStored ? stored : dropped).add(hash));
    changes.clear();
    return new ResidencyChanges(dropped, stored);
  }

  /** Every named block. */
  public List<BlockHash> resident() {
    return index.hashes();
  }

  public PoolState state() {
    return new PoolState(
        freeCount, cached.size(), total() - freeCount - cached.size(), references.length);
  }

  /**
   * Checks the books: every block is exactly one of free, cached and pinned, and names and index
   * agree.
   *
   * @throws IllegalStateException if they do not add up
   */
  public void verify() {
    BitSet seen = new BitSet();
    for (int i = 0; i < freeCount; i++) {
      claim(seen, free[i], references[free[i]] == 0 && names[free[i]] == null);
    }
    cached.forEach(block -> claim(seen, block, references[block] == 0 && names[block] != null));
    int pinned = (int) Arrays.stream(references).filter(count -> count > 0).count();
    int named = 0;
    for (int block = 0; block < names.length; block++) {
      BlockHash name = names[block];
      named += name == null ? 0 : 1;
      if (name != null && index.find(name).orElse(-1) != block) {
        throw new IllegalStateException("block " + block + " is not indexed under its name");
      }
    }
    if (seen.cardinality() + pinned != total() || named != index.size()) {
      throw new IllegalStateException(
          "pool does not add up: " + state() + ", " + pinned + " referenced, " + named + " named");
    }
  }

  private static void claim(BitSet seen, int block, boolean proper) {
    if (!proper || seen.get(block)) {
      throw new IllegalStateException("block " + block + " is kept twice or under a wrong state");
    }
    seen.set(block);
  }

  private int evict() {
    int block = cached.removeFirst();
    BlockHash name = names[block];
    if (name == null) {
      throw new IllegalStateException("cached block " + block + " has no name");
    }
    index.remove(name);
    names[block] = null;
    changed(name, false);
    return block;
  }

  private void changed(BlockHash hash, boolean stored) {
    Boolean earlier = changes.remove(hash);
    if (earlier == null || earlier == stored) {
      changes.put(hash, stored);
    }
  }
}
