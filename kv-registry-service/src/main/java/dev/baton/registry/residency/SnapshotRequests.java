package dev.baton.registry.residency;

import dev.baton.contracts.LaneRef;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/** Keeps a worker from being asked for a snapshot again while the last one is under way. */
@Component
public class SnapshotRequests {
  private final StringRedisTemplate redis;
  private final ResidencyProperties properties;

  public SnapshotRequests(StringRedisTemplate redis, ResidencyProperties properties) {
    this.redis = redis;
    this.properties = properties;
  }

  /** Whether the worker may be asked now; if so, it counts as asked. */
  public boolean due(LaneRef worker) {
    String key = "baton:snapshot-asked:" + worker.lane().number() + ":" + worker.epoch().value();
    return Boolean.TRUE.equals(
        redis.opsForValue().setIfAbsent(key, "1", properties.resyncInterval()));
  }
}
