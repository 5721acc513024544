package dev.baton.registry.residency;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Bounds of the residency index.
 *
 * @param resyncInterval shortest time between two requests for a snapshot from one worker
 * @param standstill how long the index may lack published events without progress before it asks
 * @param orphanGrace how long a lane without a lease keeps its entries, in case its worker returns
 * @param maxBlocksPerLane entries of one lane; blocks beyond it are counted and left out
 */
@ConfigurationProperties("baton.registry.residency")
public record ResidencyProperties(
    @DefaultValue("5s") Duration resyncInterval,
    @DefaultValue("3s") Duration standstill,
    @DefaultValue("30s") Duration orphanGrace,
    @DefaultValue("1000000") int maxBlocksPerLane) {
  public ResidencyProperties {
    require(resyncInterval.toMillis() >= 1, "resync-interval", resyncInterval);
    require(!standstill.isNegative(), "standstill", standstill);
    require(!orphanGrace.isNegative(), "orphan-grace", orphanGrace);
    require(maxBlocksPerLane >= 1, "max-blocks-per-lane", maxBlocksPerLane);
  }

  private static void require(boolean holds, String property, Object value) {
    if (!holds) {
      throw new IllegalArgumentException(
          "baton.registry.residency." + property + " is out of range: " + value);
    }
  }
}
