package dev.baton.worker.tiers;

import dev.baton.contracts.BlockHash;
import dev.baton.kvtransfer.BlockDigest;
import dev.baton.worker.blocks.EvictionOrder;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies of blocks outside of the pool, found by name; when it is full, blocks go in {@link
 * EvictionOrder}, which here knows no prefix tree. A block that is read back is verified, and
 * dropped if it is not what was written. Safe for use by all threads; {@link #contains} never
 * waits, the others read and write.
 */
final class CacheTier implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CacheTier.class);

  /** A full disk is not asked for more room sooner. */
  private static final Duration GROW_AGAIN = Duration.ofSeconds(30);

  private final String name;
  private final SlotStorage storage;
  private final Object writing = new Object();

  /** Guards what follows but {@code slots}, which is only read without it. Never held for I/O. */
  private final Object books = new Object();

  private final Map<BlockHash, Integer> slots = new ConcurrentHashMap<>();
  private final @Nullable BlockHash[] names;
  private final int[] digests;
  private final int[] readers;
  private final Deque<Integer> empty = new ArrayDeque<>();
  private final EvictionOrder order;

  private final AtomicLong hits = new AtomicLong();
  private final AtomicLong stored = new AtomicLong();
  private final AtomicLong evicted = new AtomicLong();
  private final AtomicLong corrupt = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private long growAt = System.nanoTime();

  CacheTier(String name, SlotStorage storage) {
    this.name = name;
    this.storage = storage;
    this.names = new @Nullable BlockHash[storage.capacity()];
    this.digests = new int[storage.capacity()];
    this.readers = new int[storage.capacity()];
    this.order = new EvictionOrder(storage.capacity());
    empty.addAll(storage.empty());
    for (SlotStorage.Found found : storage.found()) {
      if (slots.containsKey(found.hash())) {
        empty.add(found.slot());
      } else {
        enter(found.slot(), found.hash(), found.digest());
      }
    }
  }

  String name() {
    return name;
  }

  boolean contains(BlockHash hash) {
    return slots.containsKey(hash);
  }

  /** Whether it holds the block; if so that counts as a use. */
  boolean touch(BlockHash hash) {
    synchronized (books) {
      Integer slot = slots.get(hash);
      if (slot == null) {
        return false;
      }
      if (order.remove(slot)) {
        order.used(slot);
        order.add(slot);
      }
      return true;
    }
  }

  /** Keeps a copy, unless it has one or there is no room. */
  void store(BlockHash hash, int digest, MemorySegment block) {
    synchronized (writing) {
      if (touch(hash)) {
        return;
      }
      OptionalInt slot = room();
      if (slot.isEmpty()) {
        failed.incrementAndGet();
        return;
      }
      try {
        storage.write(slot.getAsInt(), hash, digest, block);
      } catch (IOException e) {
        log.warn("A block was not written to the {} tier", name, e);
        failed.incrementAndGet();
        synchronized (books) {
          empty.addLast(slot.getAsInt());
        }
        return;
      }
      stored.incrementAndGet();
      synchronized (books) {
        enter(slot.getAsInt(), hash, digest);
      }
    }
  }

  /**
   * Copies the block and returns its verified digest; empty where {@code into} holds nothing. No
   * use: see {@link #touch}.
   */
  OptionalInt read(BlockHash hash, MemorySegment into) {
    int slot;
    synchronized (books) {
      Integer found = slots.get(hash);
      if (found == null) {
        return OptionalInt.empty();
      }
      slot = found;
      order.remove(slot);
      readers[slot]++;
    }
    boolean good = false;
    try {
      into.copyFrom(storage.slot(slot));
      good = BlockDigest.of(into) == digests[slot];
      (good ? hits : corrupt).incrementAndGet();
      if (!good) {
        log.error("Block {} in the {} tier is not what was written", hash, name);
      }
    } catch (InternalError e) {
      // What the JVM throws where a mapped file cannot be read.
      log.error("Block {} in the {} tier cannot be read", hash, name, e);
      failed.incrementAndGet();
    }
    int digest = digests[slot];
    done(slot, hash, good);
    return good ? OptionalInt.of(digest) : OptionalInt.empty();
  }

  TierStats stats() {
    return new TierStats(
        name,
        storage.capacity(),
        slots.size(),
        hits.get(),
        stored.get(),
        evicted.get(),
        corrupt.get(),
        failed.get());
  }

  /** While nobody reads or writes. */
  @Override
  public void close() {
    storage.close();
  }

  private void done(int slot, BlockHash hash, boolean good) {
    synchronized (books) {
      if (!good) {
        slots.remove(hash, slot);
      }
      if (--readers[slot] > 0) {
        return;
      }
      Integer named = slots.get(hash);
      if (named != null && named == slot) {
        order.add(slot);
        return;
      }
      names[slot] = null;
    }
    // Its block was bad, and nobody knows of the slot any more.
    try {
      storage.erase(slot);
    } catch (IOException e) {
      log.warn("A damaged block stays in the {} tier, to be found again after a restart", name, e);
    }
    synchronized (books) {
      empty.addLast(slot);
    }
  }

  private void enter(int slot, BlockHash hash, int digest) {
    names[slot] = hash;
    digests[slot] = digest;
    slots.put(hash, slot);
    order.renew(slot);
    order.used(slot);
    order.add(slot);
  }

  /** A slot to write into, which nobody else knows of. */
  private OptionalInt room() {
    synchronized (books) {
      if (!empty.isEmpty()) {
        return OptionalInt.of(empty.removeFirst());
      }
    }
    grow();
    synchronized (books) {
      if (!empty.isEmpty()) {
        return OptionalInt.of(empty.removeFirst());
      }
      OptionalInt slot = order.evict();
      slot.ifPresent(victim -> {
        BlockHash hash = names[victim];
        if (hash != null) {
          slots.remove(hash);
        }
        names[victim] = null;
        evicted.incrementAndGet();
      });
      return slot;
    }
  }

  private void grow() {
    if (System.nanoTime() - growAt < 0) {
      return;
    }
    try {
      var more = storage.grow();
      synchronized (books) {
        empty.addAll(more);
      }
    } catch (IOException e) {
      growAt = System.nanoTime() + GROW_AGAIN.toNanos();
      failed.incrementAndGet();
      log.warn("The {} tier cannot grow; it goes on with {} blocks", name, slots.size(), e);
    }
  }
}
