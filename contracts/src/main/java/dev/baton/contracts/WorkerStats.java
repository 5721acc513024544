package dev.baton.contracts;

/**
 * Counters and gauges of one worker since it started ({@code GET /internal/v1/stats}).
 *
 * @param totalBlocks blocks of the KV pool
 * @param freeBlocks blocks without content or with content that may be evicted
 * @param pinnedBlocks blocks in use by a sequence or on lease
 * @param openLeases KV leases that others hold here
 * @param runningSequences sequences in the running batch
 * @param waitingRequests accepted and not yet running
 * @param computedTokens prompt tokens that ran through the model
 * @param reusedTokens prompt tokens found resident
 * @param pulledTokens prompt tokens whose KV came from another worker or a tier behind the pool
 * @param generatedTokens tokens sampled
 * @param digestMismatches blocks that arrived corrupted and were not used
 */
public record WorkerStats(
    Role role,
    int totalBlocks,
    int freeBlocks,
    int pinnedBlocks,
    int openLeases,
    int runningSequences,
    int waitingRequests,
    long computedTokens,
    long reusedTokens,
    long pulledTokens,
    long generatedTokens,
    long digestMismatches) {}
