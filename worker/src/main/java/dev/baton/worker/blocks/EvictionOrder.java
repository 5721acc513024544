package dev.baton.worker.blocks;

import dev.baton.contracts.BlockHash;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Which of the blocks that nobody uses goes next. Leaves of the prefix tree go first, so that a
 * block is never kept without what it was built on. Among these it is least frequently used with
 * dynamic aging (LFU-DA; Arlitt et al., "Evaluating content management techniques for Web proxy
 * caches", 2000): a block's key is the number of its uses plus the age of the cache at the last
 * one, where the age is the greatest key that was evicted so far; the smallest key goes first, and
 * among equals the least recently used. So blocks used once are kept in LRU order, one that is used
 * again and again outlives them, and one that was popular long ago does not stay for ever.
 *
 * <p>While a tenant has more candidates than its quota, those of the tenant that exceeds it most go
 * first, so that one tenant's flood of prompts does not cost the others their prefixes. Nothing
 * goes for the quota alone: it counts only when room is needed. One owner, no locks.
 */
public final class EvictionOrder {
  /** What was used more often than that once ages no slower. */
  static final int MAX_USES = 16;

  private final long[] keys;
  private final long[] ticks;
  private final int[] uses;
  private final boolean[] inner;
  private final @Nullable BlockHash[] tenants;
  private final int quota;
  private final Comparator<Integer> order;
  private final NavigableSet<Integer> candidates;
  private final Map<BlockHash, NavigableSet<Integer>> candidatesOf = new HashMap<>();
  private long age;
  private long tick;

  /** For blocks with ids below {@code blocks}, without a quota. */
  public EvictionOrder(int blocks) {
    this(blocks, blocks);
  }

  /**
   * For blocks with ids below {@code blocks}.
   *
   * @param quota most candidates of one tenant while there are others to keep
   */
  public EvictionOrder(int blocks, int quota) {
    this.quota = quota;
    tenants = new @Nullable BlockHash[blocks];
    keys = new long[blocks];
    ticks = new long[blocks];
    uses = new int[blocks];
    inner = new boolean[blocks];
    order =
        Comparator.<Integer, Boolean>comparing(block -> inner[block])
            .thenComparingLong(block -> keys[block])
            .thenComparingLong(block -> ticks[block])
            .thenComparingInt(block -> block);
    candidates = new TreeSet<>(order);
  }

  /** The block gets new content, which nobody has used yet. */
  public void renew(int block) {
    requireNoCandidate(block);
    uses[block] = 0;
    inner[block] = false;
    tenants[block] = null;
  }

  /** Whose block it is: the root of its chain. */
  public void belongs(int block, BlockHash tenant) {
    requireNoCandidate(block);
    tenants[block] = tenant;
  }

  /** A use of the block has ended. */
  public void used(int block) {
    requireNoCandidate(block);
    uses[block] = Math.min(MAX_USES, uses[block] + 1);
    keys[block] = age + uses[block];
    ticks[block] = ++tick;
  }

  /** Nobody uses the block any more; its place follows from the uses before. */
  public void add(int block) {
    candidates.add(block);
    BlockHash tenant = tenants[block];
    if (tenant != null) {
      candidatesOf.computeIfAbsent(tenant, _ -> new TreeSet<>(order)).add(block);
    }
  }

  /** Somebody uses the block; false if it was no candidate. */
  public boolean remove(int block) {
    BlockHash tenant = tenants[block];
    NavigableSet<Integer> same = tenant == null ? null : candidatesOf.get(tenant);
    if (tenant != null && same != null && same.remove(block) && same.isEmpty()) {
      candidatesOf.remove(tenant);
    }
    return candidates.remove(block);
  }

  /** Whether other blocks that are kept were built on this one. */
  public void inner(int block, boolean isInner) {
    if (inner[block] != isInner) {
      boolean candidate = remove(block);
      inner[block] = isInner;
      if (candidate) {
        add(block);
      }
    }
  }

  /** Takes the candidate that goes next. */
  public OptionalInt evict() {
    if (candidates.isEmpty()) {
      return OptionalInt.empty();
    }
    int block = overQuota().orElse(candidates).first();
    remove(block);
    age = Math.max(age, keys[block]);
    return OptionalInt.of(block);
  }

  private Optional<NavigableSet<Integer>> overQuota() {
    return candidatesOf.values().stream()
        .filter(same -> same.size() > quota)
        .max(Comparator.comparingInt(Set::size));
  }

  public int size() {
    return candidates.size();
  }

  void forEach(IntConsumer use) {
    candidates.forEach(use::accept);
  }

  private void requireNoCandidate(int block) {
    if (candidates.contains(block)) {
      throw new IllegalStateException("block " + block + " is a candidate, its place is fixed");
    }
  }
}
