package dev.baton.worker.loop;

import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.BlockRefs;
import dev.baton.worker.blocks.BlockPool;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** Pins prefixes for other workers, at once or when they have grown. For the loop's thread. */
final class AwaitedPrefixes {
  private final BlockPool pool;
  private final BlockDigests digests;
  private final List<Awaited> awaited = new ArrayList<>();

  AwaitedPrefixes(BlockPool pool, BlockDigests digests) {
    this.pool = pool;
    this.digests = digests;
  }

  private record Awaited(
      BlockHashes hashes, int beyond, Instant until, CompletableFuture<BlockRefs> pinned) {}

  /** Pins the longest resident prefix, as soon as it has more than {@code beyond} blocks. */
  CompletableFuture<BlockRefs> pin(BlockHashes hashes, int beyond, Instant until, Instant now) {
    Awaited wanted = new Awaited(hashes, beyond, until, new CompletableFuture<>());
    if (isDue(wanted, now)) {
      pin(wanted);
    } else {
      awaited.add(wanted);
    }
    return wanted.pinned;
  }

  /** Answers those whose prefix has grown or whose time has passed. */
  void look(Instant now) {
    for (Iterator<Awaited> each = awaited.iterator(); each.hasNext(); ) {
      Awaited wanted = each.next();
      if (isDue(wanted, now)) {
        each.remove();
        pin(wanted);
      }
    }
  }

  Stream<Instant> deadlines() {
    return awaited.stream().map(Awaited::until);
  }

  private boolean isDue(Awaited wanted, Instant now) {
    int beyond = wanted.beyond;
    return !now.isBefore(wanted.until)
        || beyond < 0
        || beyond >= wanted.hashes.size()
        || pool.holds(wanted.hashes.get(beyond));
  }

  private void pin(Awaited wanted) {
    int[] blocks = pool.longestPrefix(wanted.hashes, wanted.hashes.size());
    for (int block : blocks) {
      pool.retain(block);
    }
    digests
        .refs(blocks)
        .whenComplete((refs, failure) -> {
          if (failure == null) {
            wanted.pinned.complete(refs);
          } else {
            wanted.pinned.completeExceptionally(failure);
          }
        });
  }
}
