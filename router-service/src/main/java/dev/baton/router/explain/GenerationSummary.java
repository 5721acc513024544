package dev.baton.router.explain;

/**
 * What a generation took.
 *
 * @param cachedTokens prompt tokens that no worker had to compute
 */
public record GenerationSummary(
    int promptTokens, int outputTokens, int cachedTokens, Timings timings) {}
