package dev.baton.router.placement;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** The pickers that a profile may name. */
final class Pickers {
  private static final double EQUAL = 1e-9;

  /** Scores within this share of the highest are as good as it. */
  private static final double NEAR = 0.05;

  private Pickers() {}

  static Map<String, Picker> all() {
    return Map.of(
        "best", Pickers::best,
        "power-of-two", Pickers::powerOfTwo,
        "weighted-random", Pickers::weightedRandom,
        "random", (request, candidates, scores) -> chance(request).nextInt(scores.length));
  }

  /** The highest score; equals take turns. */
  private static int best(PlacementRequest request, List<Candidate> candidates, double[] scores) {
    int[] equals = within(scores, EQUAL);
    return equals[(int) Math.floorMod(request.turn(), (long) equals.length)];
  }

  /**
   * Of two random ones among the near-equals the one with fewer tokens (Mitzenmacher, 2001): many
   * routers with the same stale view do not all run to the same worker.
   */
  private static int powerOfTwo(
      PlacementRequest request, List<Candidate> candidates, double[] scores) {
    int[] equals = within(scores, NEAR * Arrays.stream(scores).max().orElseThrow());
    if (equals.length == 1) {
      return equals[0];
    }
    SplittableRandom chance = chance(request);
    int first = chance.nextInt(equals.length);
    int second = (first + 1 + chance.nextInt(equals.length - 1)) % equals.length;
    return tokens(candidates.get(equals[first])) <= tokens(candidates.get(equals[second]))
        ? equals[first]
        : equals[second];
  }

  /** Each with a chance in proportion to its score; all alike where no score tells anything. */
  private static int weightedRandom(
      PlacementRequest request, List<Candidate> candidates, double[] scores) {
    double sum = Arrays.stream(scores).sum();
    SplittableRandom chance = chance(request);
    if (sum <= 0) {
      return chance.nextInt(scores.length);
    }
    double left = chance.nextDouble() * sum;
    int last = 0;
    for (int i = 0; i < scores.length; i++) {
      if (scores[i] > 0) {
        last = i;
        left -= scores[i];
        if (left < 0) {
          break;
        }
      }
    }
    return last;
  }

  private static long tokens(Candidate candidate) {
    return candidate.queuedTokens() + candidate.runningTokens();
  }

  private static int[] within(double[] scores, double tolerance) {
    double highest = Arrays.stream(scores).max().orElseThrow();
    return IntStream.range(0, scores.length)
        .filter(i -> highest - scores[i] <= tolerance)
        .toArray();
  }

  private static SplittableRandom chance(PlacementRequest request) {
    return new SplittableRandom(request.turn());
  }
}
