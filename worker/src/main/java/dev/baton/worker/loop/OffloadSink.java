package dev.baton.worker.loop;

import dev.baton.worker.blocks.CachedBlock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Takes copies of cached blocks before the pool evicts them. Called on the loop's thread; must not
 * block.
 */
public interface OffloadSink {
  /** Takes nothing. */
  OffloadSink NONE =
      new OffloadSink() {
        @Override
        public int room() {
          return 0;
        }

        @Override
        public CompletionStage<Void> offload(List<CachedBlock> blocks) {
          return CompletableFuture.completedStage(null);
        }
      };

  /** How many blocks it would take now. */
  int room();

  /** Takes at most {@link #room} blocks, which stay pinned until the stage completes. */
  CompletionStage<Void> offload(List<CachedBlock> blocks);
}
