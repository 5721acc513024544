package dev.baton.decode.generation;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * When a decode worker stops waiting for others and does the work itself.
 *
 * @param handOffPatience longest wait for the prefill tier, also bounded by half of what is left
 *     until the request's deadline
 * @param pullTimeout longest time for the blocks of a handle to arrive
 * @param pipelined whether to pull the blocks of finished chunks while the prefill worker computes
 *     the next ones
 * @param maxGenerations generations at a time, waiting ones included
 */
@ConfigurationProperties("baton.decode")
public record DecodeProperties(
    @DefaultValue("60s") Duration handOffPatience,
    @DefaultValue("10s") Duration pullTimeout,
    @DefaultValue("true") boolean pipelined,
    @DefaultValue("256") int maxGenerations) {
  public DecodeProperties {
    if (!handOffPatience.isPositive() || !pullTimeout.isPositive() || maxGenerations < 1) {
      throw new IllegalArgumentException(
          "baton.decode: hand-off-patience, pull-timeout and max-generations must be positive");
    }
  }
}
