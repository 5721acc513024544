package dev.baton.worker.loop;

import dev.baton.worker.blocks.PoolState;

/**
 * State and counters of a loop after one of its steps.
 *
 * @param waitingTokens tokens that waiting and running sequences have still to compute before their
 *     next sampled token, decode steps not counted
 * @param prefillTokensPerSecond moving average over steps that computed input, 0 while unknown
 * @param decodeTokensPerSecond moving average of tokens sampled a second while decoding
 */
public record LoopStats(
    PoolState pool,
    int running,
    int waiting,
    long waitingTokens,
    long computedTokens,
    long reusedTokens,
    long filledTokens,
    long generatedTokens,
    long steps,
    long preemptions,
    double prefillTokensPerSecond,
    double decodeTokensPerSecond) {}
