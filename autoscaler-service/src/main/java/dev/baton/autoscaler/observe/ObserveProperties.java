package dev.baton.autoscaler.observe;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the platform is observed.
 *
 * @param timeout deadline of each call to Kafka and the registry
 * @param staleAfter age from which a reading counts as unknown
 * @param arrivalWindow stretch over which arriving requests are averaged
 */
@ConfigurationProperties("baton.autoscaler.observe")
public record ObserveProperties(
    @DefaultValue("2s") Duration timeout,
    @DefaultValue("15s") Duration staleAfter,
    @DefaultValue("60s") Duration arrivalWindow) {
  public ObserveProperties {
    positive("timeout", timeout);
    positive("stale-after", staleAfter);
    positive("arrival-window", arrivalWindow);
  }

  private static void positive(String name, Duration duration) {
    if (!duration.isPositive()) {
      throw new IllegalArgumentException(
          "baton.autoscaler.observe." + name + " must be positive: " + duration);
    }
  }
}
