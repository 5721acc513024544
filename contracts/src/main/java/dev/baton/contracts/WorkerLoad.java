package dev.baton.contracts;

/**
 * What a worker is busy with at one moment.
 *
 * @param waitingRequests accepted and not yet in the running batch
 * @param waitingTokens prompt tokens of those still to be computed
 * @param runningSequences sequences in the running batch
 * @param freeBlocks blocks neither in use nor pinned (cached ones count as free)
 * @param prefillTokensPerSecond measured rate, 0 while unknown
 * @param decodeTokensPerSecond measured rate, 0 while unknown
 */
public record WorkerLoad(
    int waitingRequests,
    long waitingTokens,
    int runningSequences,
    int freeBlocks,
    double prefillTokensPerSecond,
    double decodeTokensPerSecond) {
  public static final WorkerLoad IDLE = new WorkerLoad(0, 0, 0, 0, 0, 0);
}
