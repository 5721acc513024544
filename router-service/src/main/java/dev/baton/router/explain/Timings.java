package dev.baton.router.explain;

/**
 * Stage times in milliseconds.
 *
 * @param queue waiting for a prefill worker
 * @param kvTransfer pulling KV blocks to the decode worker
 * @param ttft from acceptance to the first token
 * @param tpot mean time per output token after the first
 */
public record Timings(
    double queue, double prefill, double kvTransfer, double ttft, double tpot, double total) {}
