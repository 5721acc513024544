package dev.baton.worker.scheduling;

/**
 * @param tokensPerStep most tokens of one mixed batch
 * @param maxSequences most sequences that run at a time
 * @param blockTokens tokens of a block
 * @param totalBlocks blocks of the pool
 * @param maxPositions longest sequence that the model takes
 */
public record SchedulerLimits(
    int tokensPerStep, int maxSequences, int blockTokens, int totalBlocks, int maxPositions) {
  public SchedulerLimits {
    require(maxSequences >= 1, "max-sequences must be at least 1");
    require(
        tokensPerStep >= maxSequences,
        "max-tokens-per-step must be at least max-sequences, so that every sequence can decode");
    require(
        blockTokens >= 1 && totalBlocks >= 1 && maxPositions >= 1,
        "block size, pool and context must be positive");
  }

  /** Longest sequence that can ever be served: by the model and by an otherwise empty pool. */
  public int longestSequence() {
    return (int) Math.min(maxPositions, (long) totalBlocks * blockTokens);
  }

  int blocksFor(int tokens) {
    return Math.ceilDiv(tokens, blockTokens);
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
