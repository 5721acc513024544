package dev.baton.router.placement;

import dev.baton.contracts.GenerationPath;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/**
 * Time to first token beyond queue and prefill, by path: a moving average of what it was.
 * Thread-safe.
 */
final class Overheads {
  private static final double WEIGHT = 0.2;

  /** Two records through Kafka; one call over HTTP. */
  private static final Map<GenerationPath, Double> FIRST_GUESS_NANOS =
      Map.of(GenerationPath.DISAGGREGATED, 30e6, GenerationPath.DECODE_LOCAL, 5e6);

  private final Map<GenerationPath, Double> nanos = new EnumMap<>(FIRST_GUESS_NANOS);

  synchronized Duration of(GenerationPath path) {
    return Duration.ofNanos(nanos.getOrDefault(path, 0.0).longValue());
  }

  synchronized void observed(GenerationPath path, Duration overhead) {
    double observed = Math.max(0, overhead.toNanos());
    nanos.merge(path, observed, (before, now) -> before + WEIGHT * (now - before));
  }
}
