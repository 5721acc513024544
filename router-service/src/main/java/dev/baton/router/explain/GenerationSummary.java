package dev.baton.router.explain;

import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;

/**
 * What a generation took.
 *
 * @param cachedTokens prompt tokens that no worker had to compute
 */
@JsonNaming(SnakeCaseStrategy.class)
public record GenerationSummary(
    int promptTokens, int outputTokens, int cachedTokens, Timings timings) {}
