package dev.baton.worker.loop;

import dev.baton.contracts.BlockRefs;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Digests of pool blocks, computed at most once for each content of a block and off the loop's
 * thread. Whoever asks must keep the block pinned until the digest is there. Owned by the loop.
 */
final class BlockDigests {
  private final @Nullable CompletableFuture<Integer>[] known;
  private final BlockDigester digester;
  private final Executor executor;

  @SuppressWarnings({"unchecked", "rawtypes"})
  BlockDigests(int blocks, BlockDigester digester, Executor executor) {
    this.known = new CompletableFuture[blocks];
    this.digester = digester;
    this.executor = executor;
  }

  /** The block gets new content. */
  void forget(int block) {
    known[block] = null;
  }

  void put(int block, int value) {
    known[block] = CompletableFuture.completedFuture(value);
  }

  /** Has those of {@code blocks} computed, in one go, whose digests are not known. */
  void prepare(int[] blocks) {
    int[] unknown =
        Arrays.stream(blocks).filter(block -> known[block] == null).distinct().toArray();
    if (unknown.length == 0) {
      return;
    }
    CompletableFuture<int[]> digests =
        CompletableFuture.supplyAsync(() -> digester.digests(unknown), executor);
    for (int i = 0; i < unknown.length; i++) {
      int place = i;
      known[unknown[i]] = digests.thenApply(values -> values[place]);
    }
  }

  /** References to pinned blocks; completes on a thread of the executor, or at once. */
  CompletableFuture<BlockRefs> refs(int[] blocks) {
    prepare(blocks);
    CompletableFuture<?>[] parts = new CompletableFuture<?>[blocks.length];
    for (int i = 0; i < blocks.length; i++) {
      parts[i] = Objects.requireNonNull(known[blocks[i]]);
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
