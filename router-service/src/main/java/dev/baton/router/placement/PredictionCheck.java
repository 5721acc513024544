package dev.baton.router.placement;

import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.GenerationTimings;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Locale;

/**
 * Compares predictions with what came, as the metric {@code baton.router.prediction.error}
 * (seconds; tags {@code what}, {@code path} and {@code direction}), and learns the overhead of each
 * path. Thread-safe.
 */
public final class PredictionCheck {
  private final Overheads overheads = new Overheads();
  private final Predictor predictor = new Predictor(overheads);
  private final MeterRegistry meters;

  public PredictionCheck(MeterRegistry meters) {
    this.meters = meters;
  }

  /** Predicts by what was learned here. */
  public Predictor predictor() {
    return predictor;
  }

  /**
   * @param timeToFirstToken from the decision to the first token
   */
  public void happened(
      PathDecision decision, Duration timeToFirstToken, GenerationTimings timings) {
    if (timings.path() != decision.path() || !timings.ladder().isEmpty()) {
      return; // Not the path that was predicted.
    }
    var prefill = timings.prefill();
    decision
        .prediction()
        .ifPresent(prediction -> {
          error("ttft", decision.path(), timeToFirstToken.minus(prediction.timeToFirstToken()));
          if (prefill.pulledTokens() > 0 && prediction.pull().isPositive()) {
            error("pull", decision.path(), prefill.pulling().minus(prediction.pull()));
          }
        });
    boolean waited = decision.prediction().map(p -> p.queue().isPositive()).orElse(true);
    if (!waited) {
      overheads.observed(decision.path(), timeToFirstToken.minus(prefill.computed()));
    }
  }

  private void error(String what, GenerationPath path, Duration late) {
    meters
        .timer(
            "baton.router.prediction.error",
            "what",
            what,
            "path",
            path.name().toLowerCase(Locale.ROOT),
            "direction",
            late.isNegative() ? "sooner" : "later")
        .record(late.abs());
  }
}
