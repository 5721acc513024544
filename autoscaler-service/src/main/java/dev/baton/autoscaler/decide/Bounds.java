package dev.baton.autoscaler.decide;

/** Fewest and most replicas of a tier. */
public record Bounds(int min, int max) {
  public Bounds {
    if (min < 0 || max < min) {
      throw new IllegalArgumentException(
          "replicas need 0 <= min-replicas <= max-replicas, were " + min + " and " + max);
    }
  }

  int clamp(long replicas) {
    return (int) Math.clamp(replicas, min, max);
  }
}
