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
import java.util.Objects;
import java.util.OptionalInt;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * Book-keeping of a KV pool: reference counts, names, a free list, and the unused named blocks in
 * {@link EvictionOrder}. A block is free (no content), cached (named, unused) or pinned (used); a
 * named block is never written again, so sharing it needs no copy. Knows ids only, never bytes. One
 * owner, no locks.
 */
public final class BlockPool {
  private final int[] references;
  private final @Nullable BlockHash[] names;
  private final @Nullable BlockHash[] parents;
  private final int[] free;
  private int freeCount;
  private final EvictionOrder cached;

  /** Cached blocks that have not been offered for a copy since their last use, oldest first. */
  private final SequencedSet<Integer> uncopied = new LinkedHashSet<>();

  private final BitSet copied = new BitSet();
  private final PrefixIndex index = new PrefixIndex();
  private final Map<BlockHash, Boolean> changes = new LinkedHashMap<>();

  /** A pool of {@code total} free blocks with ids from 0, and no quota. */
  public BlockPool(int total) {
    this(total, total);
  }

  /**
   * A pool of {@code total} free blocks with ids from 0.
   *
   * @param tenantQuota cached blocks of one tenant, beyond which these are evicted before others'
   */
  public BlockPool(int total, int tenantQuota) {
    if (total < 1) {
      throw new IllegalArgumentException("a pool needs at least one block, not " + total);
    }
    references = new int[total];
    names = new @Nullable BlockHash[total];
    parents = new @Nullable BlockHash[total];
    cached = new EvictionOrder(total, tenantQuota);
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

  /** A nameless block with one reference; evicts a cached one if need be. */
  public OptionalInt allocate() {
    if (available() == 0) {
      return OptionalInt.empty();
    }
    int block = freeCount > 0 ? free[--freeCount] : evict();
    references[block] = 1;
    cached.renew(block);
    copied.clear(block);
    return OptionalInt.of(block);
  }

  /** One more user of a pinned or cached block. */
  public void retain(int block) {
    if (references[block] == 0 && !cached.remove(block)) {
      throw new IllegalStateException("block " + block + " is free, nobody can share it");
    }
    references[block]++;
    uncopied.remove(block);
    copied.clear(block);
  }

  /** One user less. The last one leaves a named block cached and a nameless one free. */
  public void release(int block) {
    if (references[block] == 0) {
      throw new IllegalStateException("block " + block + " is not in use");
    }
    cached.used(block);
    unreference(block);
  }

  private void unreference(int block) {
    if (--references[block] > 0) {
      return;
    }
    BlockHash name = names[block];
    if (name == null) {
      free[freeCount++] = block;
      return;
    }
    cached.inner(block, index.hasChildren(name));
    cached.add(block);
    if (!copied.get(block)) {
      uncopied.addLast(block);
    }
  }

  /** Releases the last block first, so that a prefix outlives what was built on it. */
  public void releaseAll(int[] blocks) {
    for (int i = blocks.length - 1; i >= 0; i--) {
      release(blocks[i]);
    }
  }

  /**
   * Pins cached blocks of which no copy was made since their last use, those unused for longest
   * first, which counts as no use; {@link #unhold} gives them back.
   */
  public List<CachedBlock> holdUncopied(int limit) {
    List<CachedBlock> held = new ArrayList<>();
    while (held.size() < limit && !uncopied.isEmpty()) {
      int block = uncopied.removeFirst();
      cached.remove(block);
      references[block]++;
      copied.set(block);
      held.add(new CachedBlock(nameOf(block), block));
    }
    return held;
  }

  /** Gives back what {@link #holdUncopied} has pinned. */
  public void unhold(List<CachedBlock> held) {
    held.forEach(block -> unreference(block.block()));
  }

  /**
   * Names a complete block, so that others find it; it must not be written afterwards. Where the
   * name is taken the block stays nameless.
   *
   * @param parent name of the block before it, or the root of the chain
   * @param root of the chain, which stands for the tenant
   */
  public void publish(int block, BlockHash hash, BlockHash parent, BlockHash root) {
    if (references[block] == 0 || names[block] != null) {
      throw new IllegalStateException("only a nameless block in use can get a name");
    }
    if (index.putIfAbsent(hash, block, parent)) {
      names[block] = hash;
      parents[block] = parent;
      cached.belongs(block, root);
      index.find(parent).ifPresent(before -> cached.inner(before, true));
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
    int block = cached.evict().orElseThrow();
    BlockHash name = nameOf(block);
    BlockHash parent = Objects.requireNonNull(parents[block]);
    index.remove(name, parent);
    if (!index.hasChildren(parent)) {
      index.find(parent).ifPresent(before -> cached.inner(before, false));
    }
    names[block] = null;
    parents[block] = null;
    uncopied.remove(block);
    changed(name, false);
    return block;
  }

  private BlockHash nameOf(int block) {
    BlockHash name = names[block];
    if (name == null) {
      throw new IllegalStateException("block " + block + " has no name");
    }
    return name;
  }

  private void changed(BlockHash hash, boolean stored) {
    Boolean earlier = changes.remove(hash);
    if (earlier == null || earlier == stored) {
      changes.put(hash, stored);
    }
  }
}
