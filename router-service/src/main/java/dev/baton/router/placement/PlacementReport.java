package dev.baton.router.placement;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Why a worker was chosen.
 *
 * @param dropped worker → the filter that dropped it
 * @param scores worker → scorer → score in [0, 1], before weights
 * @param withoutData scorers that had nothing to score by
 * @param chosen empty where no candidate was left
 */
public record PlacementReport(
    Map<String, String> dropped,
    Map<String, Map<String, Double>> scores,
    List<String> withoutData,
    Optional<String> chosen,
    long micros) {}
