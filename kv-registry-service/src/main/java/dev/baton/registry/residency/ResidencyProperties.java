package dev.baton.registry.residency;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Bounds of the residency index.
 *
 * @param resyncInterval shortest time between two requests for a snapshot from one worker
 * @param standstill how long the index may lack published events without progress before it asks
 * @param confirmInterval how often a worker is asked to confirm what it holds, up to twice that
 * @param entryTtl how long an entry that is not confirmed is answered
 * @param orphanGrace how long a lane without a lease keeps its entries, in case its worker returns
 * @param maxBlocksPerLane entries of one lane; blocks beyond it are counted and left out
 * @param maxBlocks keys in Redis beyond which no block is added
 */
@ConfigurationProperties("baton.registry.residency")
public record ResidencyProperties(
    @DefaultValue("5s") Duration resyncInterval,
    @DefaultValue("3s") Duration standstill,
    @DefaultValue("10m") Duration confirmInterval,
    @DefaultValue("1h") Duration entryTtl,
    @DefaultValue("30s") Duration orphanGrace,
    @DefaultValue("1000000") int maxBlocksPerLane,
    @DefaultValue("8000000") int maxBlocks) {
  public ResidencyProperties {
    require(resyncInterval.toMillis() >= 1, "resync-interval", resyncInterval);
    require(!standstill.isNegative(), "standstill", standstill);
    require(confirmInterval.toMillis() >= 1, "confirm-interval", confirmInterval);
    require(entryTtl.compareTo(confirmInterval.multipliedBy(2)) > 0, "entry-ttl", entryTtl);
    require(!orphanGrace.isNegative(), "orphan-grace", orphanGrace);
    require(maxBlocksPerLane >= 1, "max-blocks-per-lane", maxBlocksPerLane);
    require(maxBlocks >= 1, "max-blocks", maxBlocks);
  }

  private static void require(boolean holds, String property, Object value) {
    if (!holds) {
      throw new IllegalArgumentException(
          "baton.registry.residency." + property + " is out of range: " + value);
    }
  }
}
