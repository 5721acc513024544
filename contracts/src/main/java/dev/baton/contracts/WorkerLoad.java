package dev.baton.contracts;

import java.util.List;

/**
 * What a worker is busy with at one moment.
 *
 * @param waitingRequests accepted and not yet in the running batch
 * @param waitingTokens prompt tokens of those still to be computed
 * @param runningSequences sequences in the running batch
 * @param freeBlocks blocks neither in use nor pinned (cached ones count as free)
 * @param prefillTokensPerSecond measured rate, 0 while unknown
 * @param decodeTokensPerSecond measured rate, 0 while unknown
 * @param links measured rates of reading from peers; none from a peer while unknown
 */
public record WorkerLoad(
    int waitingRequests,
    long waitingTokens,
    int runningSequences,
    int freeBlocks,
    double prefillTokensPerSecond,
    double decodeTokensPerSecond,
    List<LinkRate> links) {
  public static final WorkerLoad IDLE = new WorkerLoad(0, 0, 0, 0, 0, 0);

  public WorkerLoad {
    links = List.copyOf(links);
  }

  /** Without a measured link. */
  public WorkerLoad(
      int waitingRequests,
      long waitingTokens,
      int runningSequences,
      int freeBlocks,
      double prefillTokensPerSecond,
      double decodeTokensPerSecond) {
    this(
        waitingRequests,
        waitingTokens,
        runningSequences,
        freeBlocks,
        prefillTokensPerSecond,
        decodeTokensPerSecond,
        List.of());
  }
}
