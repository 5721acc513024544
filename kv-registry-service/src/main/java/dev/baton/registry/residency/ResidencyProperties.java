package dev.baton.registry.residency;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Bounds of the residency index.
 *
 * @param blockTtl life of a block's entry that no event confirms
 * @param resyncInterval shortest time between two requests for a snapshot from one worker
 * @param maxBlocksPerLane entries of one lane; events beyond it are counted and dropped
 */
@ConfigurationProperties("baton.registry.residency")
public record ResidencyProperties(
    @DefaultValue("6h") Duration blockTtl,
    @DefaultValue("5s") Duration resyncInterval,
    @DefaultValue("1000000") int maxBlocksPerLane) {}
