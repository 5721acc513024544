package dev.baton.router.placement;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The pickers that a profile may name. */
final class Pickers {
  private static final double EQUAL = 1e-9;

  private Pickers() {}

  static Map<String, Picker> all() {
    return Map.of("best", Pickers::best);
  }

  /** The highest score; equals take turns. */
  private static int best(PlacementRequest request, List<Candidate> candidates, double[] scores) {
    double highest = Arrays.stream(scores).max().orElseThrow();
    int[] equals =
        IntStream.range(0, scores.length).filter(i -> highest - scores[i] < EQUAL).toArray();
    return equals[(int) Math.floorMod(request.turn(), (long) equals.length)];
  }
}
