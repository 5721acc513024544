package dev.baton.router.explain;

import java.time.Duration;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;

/**
 * Stage times in milliseconds.
 *
 * @param queue waiting for a prefill worker
 * @param kvTransfer pulling KV blocks to the decode worker
 * @param ttft from acceptance to the first token
 * @param tpot mean time per output token after the first
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Timings(
    double queue, double prefill, double kvTransfer, double ttft, double tpot, double total) {

  public static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }
}
