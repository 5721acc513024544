package dev.baton.registry.lanes;

import dev.baton.contracts.Lane;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Limits of lane leases.
 *
 * @param ttl life of a lease without a heartbeat
 * @param count lanes in use, at most {@link Lane#LIMIT}
 */
@ConfigurationProperties("baton.registry.lanes")
public record LaneProperties(@DefaultValue("10s") Duration ttl, @DefaultValue("64") int count) {
  public LaneProperties {
    if (ttl.toMillis() < 500) {
      throw new IllegalArgumentException(
          "baton.registry.lanes.ttl must be at least 500 ms: " + ttl);
    }
    if (count < 1 || count > Lane.LIMIT) {
      throw new IllegalArgumentException(
          "baton.registry.lanes.count must be between 1 and " + Lane.LIMIT + ": " + count);
    }
  }
}
