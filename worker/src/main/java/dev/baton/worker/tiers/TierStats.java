package dev.baton.worker.tiers;

/**
 * State and counters of a tier, all in blocks.
 *
 * @param capacity most blocks that it may hold
 * @param blocks that it holds
 * @param hits read back and good
 * @param stored written
 * @param evicted to make room
 * @param corrupt read back with a wrong digest; computed instead
 * @param failed not written, or not read, because there was no room or the disk failed
 */
public record TierStats(
    String tier,
    int capacity,
    int blocks,
    long hits,
    long stored,
    long evicted,
    long corrupt,
    long failed) {}
