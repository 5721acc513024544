package dev.baton.autoscaler.recommendation;

import dev.baton.autoscaler.decide.Bounds;
import dev.baton.autoscaler.decide.DecodeSizing;
import dev.baton.autoscaler.decide.PrefillSizing;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How often and by what rule each tier is sized.
 *
 * @param interval pause between two rounds
 * @param readyIntervals rounds without an observation after which the service counts as not ready
 */
@ConfigurationProperties("baton.autoscaler")
public record AutoscalerProperties(
    @DefaultValue("2s") Duration interval,
    @DefaultValue("10") int readyIntervals,
    @DefaultValue Prefill prefill,
    @DefaultValue Decode decode) {
  public AutoscalerProperties {
    if (!interval.isPositive()) {
      throw new IllegalArgumentException("baton.autoscaler.interval must be positive: " + interval);
    }
    if (readyIntervals < 1) {
      throw new IllegalArgumentException(
          "baton.autoscaler.ready-intervals must be at least 1: " + readyIntervals);
    }
  }

  /**
   * The prefill tier.
   *
   * @param targetQueueDelay how long a request should wait at most
   * @param scaleDownWindow a size must not have been needed for so long before it shrinks
   */
  public record Prefill(
      @DefaultValue("1") int minReplicas,
      @DefaultValue("8") int maxReplicas,
      @DefaultValue("2s") Duration targetQueueDelay,
      @DefaultValue("3m") Duration scaleDownWindow) {
    public Prefill {
      // Fails here, with the names of the properties, rather than in the loop.
      var _ = new Bounds(minReplicas, maxReplicas);
      var _ = new PrefillSizing(targetQueueDelay);
    }

    Bounds bounds() {
      return new Bounds(minReplicas, maxReplicas);
    }

    PrefillSizing sizing() {
      return new PrefillSizing(targetQueueDelay);
    }
  }

  /**
   * The decode tier.
   *
   * @param targetSequences running sequences that one worker should have
   * @param targetKvOccupancy share of a worker's KV blocks that should be in use
   * @param scaleDownWindow a size must not have been needed for so long before it shrinks
   */
  public record Decode(
      @DefaultValue("1") int minReplicas,
      @DefaultValue("8") int maxReplicas,
      @DefaultValue("16") int targetSequences,
      @DefaultValue("0.8") double targetKvOccupancy,
      @DefaultValue("5m") Duration scaleDownWindow) {
    public Decode {
      var _ = new Bounds(minReplicas, maxReplicas);
      var _ = new DecodeSizing(targetSequences, targetKvOccupancy);
    }

    Bounds bounds() {
      return new Bounds(minReplicas, maxReplicas);
    }

    DecodeSizing sizing() {
      return new DecodeSizing(targetSequences, targetKvOccupancy);
    }
  }
}
