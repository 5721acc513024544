package dev.baton.router.explain;

import dev.baton.router.placement.Prediction;
import dev.baton.router.placement.PrefixChoice;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;

/**
 * What one path was expected to take, in milliseconds.
 *
 * @param ttft the sum of the four that follow
 * @param transfer moving the KV blocks to the decode worker, behind the first token
 * @param stall what sequences that generate on the same worker lose
 * @param cost what the paths were compared by: the sum of ttft, transfer and stall
 * @param prefix null where nobody held more
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Forecast(
    String path,
    double ttft,
    double queue,
    double pull,
    double prefill,
    double overhead,
    double transfer,
    double stall,
    double cost,
    int computedTokens,
    @Nullable Prefix prefix) {

  /**
   * Pulling a prefix against computing it, in milliseconds.
   *
   * @param choice {@code pull} or {@code compute}
   */
  public record Prefix(String choice, String holder, int blocks, double pulling, double computing) {
    static Prefix of(PrefixChoice prefix) {
      return new Prefix(
          prefix.pull() ? "pull" : "compute",
          prefix.holder(),
          prefix.blocks(),
          Timings.millis(prefix.pulling()),
          Timings.millis(prefix.computing()));
    }
  }

  static Forecast of(Prediction prediction) {
    return new Forecast(
        prediction.path().name().toLowerCase(Locale.ROOT),
        Timings.millis(prediction.timeToFirstToken()),
        Timings.millis(prediction.queue()),
        Timings.millis(prediction.pull()),
        Timings.millis(prediction.prefill()),
        Timings.millis(prediction.overhead()),
        Timings.millis(prediction.transfer()),
        Timings.millis(prediction.stall()),
        Timings.millis(prediction.cost()),
        prediction.computedTokens(),
        prediction.prefix().map(Prefix::of).orElse(null));
  }
}
