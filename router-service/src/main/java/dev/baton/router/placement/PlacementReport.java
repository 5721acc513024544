package dev.baton.router.placement;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;

/**
 * Why a worker was chosen.
 *
 * @param dropped worker → the filter that dropped it
 * @param scores worker → scorer → score in [0, 1], before weights
 * @param withoutData scorers that had nothing to score by, or scored everybody 0 or out of range
 * @param chosen empty where no candidate was left
 */
@JsonNaming(SnakeCaseStrategy.class)
public record PlacementReport(
    Map<String, String> dropped,
    Map<String, Map<String, Double>> scores,
    List<String> withoutData,
    Optional<String> chosen,
    long micros) {}
