package dev.baton.kvtransfer;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Local blocks into which a failed transfer might still write. They must not be used before {@code
 * lifted} completes; all other local blocks of the transfer are free at once.
 */
public record Quarantine(List<Integer> localBlocks, CompletionStage<Void> lifted) {
  private static final Quarantine NONE =
      new Quarantine(List.of(), CompletableFuture.completedStage(null));

  public Quarantine {
    localBlocks = List.copyOf(localBlocks);
  }

  public static Quarantine none() {
    return NONE;
  }
}
