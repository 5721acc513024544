package dev.baton.router.placement;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/** The scorers that a profile may name. */
final class Scorers {
  private static final double[] NOTHING_TO_SCORE_BY = new double[0];

  /** A transfer that takes so long halves its score. */
  private static final double HALVING_SECONDS = 0.1;

  private Scorers() {}

  static Map<String, Scorer> all() {
    return Map.of(
        "prefix-residency", Scorers::prefixResidency,
        "load", Scorers::load,
        "kv-occupancy", Scorers::kvOccupancy,
        "transfer-cost", Scorers::transferCost,
        "session-affinity", Scorers::sessionAffinity);
  }

  /** Share of the prompt's blocks that the worker holds, each by what it is worth there. */
  private static double[] prefixResidency(PlacementRequest request, List<Candidate> candidates) {
    if (!request.residencyKnown()) {
      return NOTHING_TO_SCORE_BY;
    }
    double blocks = Math.max(1, request.blocks());
    return candidates.stream().mapToDouble(c -> c.residentWorth() / blocks).toArray();
  }

  /**
   * 1 for an idle worker, towards 0 with the tokens that it has to compute and those that it
   * attends to; a half where they are as many as the request brings.
   */
  private static double[] load(PlacementRequest request, List<Candidate> candidates) {
    double size = Math.max(1, request.tokens());
    return candidates.stream()
        .mapToDouble(c -> size / (size + c.queuedTokens() + c.runningTokens()))
        .toArray();
  }

  /** Share of the pool that is free. */
  private static double[] kvOccupancy(PlacementRequest request, List<Candidate> candidates) {
    return candidates.stream()
        .mapToDouble(c ->
            (double) c.worker().load().freeBlocks() / c.worker().registration().capacityBlocks())
        .toArray();
  }

  /**
   * How soon the blocks that the worker lacks would be there, at the rate that it has measured from
   * the prefill tier; a pair without a measurement counts as the mean of the others.
   */
  private static double[] transferCost(PlacementRequest request, List<Candidate> candidates) {
    List<OptionalDouble> rates =
        candidates.stream().map(c -> Links.measured(c.worker(), request.prefillers())).toList();
    OptionalDouble mean = rates.stream().flatMapToDouble(OptionalDouble::stream).average();
    if (mean.isEmpty()) {
      return NOTHING_TO_SCORE_BY;
    }
    return IntStream.range(0, candidates.size())
        .mapToDouble(i -> {
          Candidate candidate = candidates.get(i);
          var layout = candidate.worker().registration().layout();
          int missing =
              Math.max(0, layout.blocksFor(request.tokens()) - candidate.residentBlocks());
          double seconds =
              missing * (double) layout.blockBytes() / rates.get(i).orElse(mean.getAsDouble());
          return HALVING_SECONDS / (HALVING_SECONDS + seconds);
        })
        .toArray();
  }

  /**
   * Rendezvous hashing (Thaler and Ravishankar, 1998): every router ranks the workers alike for one
   * session, and a worker that comes or goes moves only its own sessions. The first scores 1, the
   * second a half, and so on.
   */
  private static double[] sessionAffinity(PlacementRequest request, List<Candidate> candidates) {
    if (request.session().isEmpty()) {
      return NOTHING_TO_SCORE_BY;
    }
    String session = request.session().get();
    long[] draws = candidates.stream().mapToLong(c -> draw(session, c.id().value())).toArray();
    double[] scores = new double[draws.length];
    int[] ranked =
        IntStream.range(0, draws.length)
            .boxed()
            .sorted(Comparator.comparingLong(i -> -draws[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    for (int rank = 0; rank < ranked.length; rank++) {
      scores[ranked[rank]] = 1.0 / (1 + rank);
    }
    return scores;
  }

  private static long draw(String session, String worker) {
    CRC32C hash = new CRC32C();
    hash.update(session.getBytes(StandardCharsets.UTF_8));
    hash.update(0);
    hash.update(worker.getBytes(StandardCharsets.UTF_8));
    return hash.getValue() * 0x9E3779B97F4A7C15L >>> 1;
  }
}
