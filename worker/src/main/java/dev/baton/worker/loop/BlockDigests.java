package dev.baton.worker.loop;

import dev.baton.contracts.BlockRefs;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Digests of pool blocks, computed at most once for each content of a block and off the loop's
 * thread. Whoever asks must keep the block pinned until the digest is there. Owned by the loop.
 */
final class BlockDigests {
  private final @Nullable CompletableFuture<Integer>[] known;
  private final IntUnaryOperator digest;
  private final Executor executor;

  @SuppressWarnings({"unchecked", "rawtypes"})
  BlockDigests(int blocks, IntUnaryOperator digest, Executor executor) {
    this.known = new CompletableFuture[blocks];
    this.digest = digest;
    this.executor = executor;
  }

  /** The block gets new content. */
  void forget(int block) {
    known[block] = null;
  }

  void put(int block, int value) {
    known[block] = CompletableFuture.completedFuture(value);
  }

  CompletableFuture<Integer> of(int block) {
    CompletableFuture<Integer> found = known[block];
    if (found == null) {
      found = CompletableFuture.supplyAsync(() -> digest.applyAsInt(block), executor);
      known[block] = found;
    }
    return found;
  }

  /** References to pinned blocks; completes on a thread of the executor, or at once. */
  CompletableFuture<BlockRefs> refs(int[] blocks) {
    CompletableFuture<?>[] parts = new CompletableFuture<?>[blocks.length];
    for (int i = 0; i < blocks.length; i++) {
      parts[i] = of(blocks[i]);
    }
    return CompletableFuture.allOf(parts)
        .thenApply(_ -> {
          int[] digests = new int[parts.length];
          for (int i = 0; i < digests.length; i++) {
            digests[i] = (Integer) parts[i].join();
          }
          return new BlockRefs(blocks, digests);
        });
  }
}
