package dev.baton.router.placement;

import java.util.List;
import java.util.Map;

/** The scorers that a profile may name. */
final class Scorers {
  private static final double[] NOTHING_TO_SCORE_BY = new double[0];

  private Scorers() {}

  static Map<String, Scorer> all() {
    return Map.of(
        "prefix-residency", Scorers::prefixResidency,
        "load", Scorers::load,
        "kv-occupancy", Scorers::kvOccupancy);
  }

  /** Share of the prompt's blocks that the worker holds. */
  private static double[] prefixResidency(PlacementRequest request, List<Candidate> candidates) {
    if (!request.residencyKnown()) {
      return NOTHING_TO_SCORE_BY;
    }
    double blocks = Math.max(1, request.blocks());
    return candidates.stream().mapToDouble(c -> c.residentBlocks() / blocks).toArray();
  }

  /** 1 for an idle worker, towards 0 as requests wait and sequences run. */
  private static double[] load(PlacementRequest request, List<Candidate> candidates) {
    return candidates.stream()
        .map(c -> c.worker().load())
        .mapToDouble(l -> 1.0 / (1.0 + l.runningSequences() + 2.0 * l.waitingRequests()))
        .toArray();
  }

  /** Share of the pool that is free. */
  private static double[] kvOccupancy(PlacementRequest request, List<Candidate> candidates) {
    return candidates.stream()
        .mapToDouble(c ->
            (double) c.worker().load().freeBlocks() / c.worker().registration().capacityBlocks())
        .toArray();
  }
}
