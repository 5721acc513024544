package dev.baton.registry.lanes;

import dev.baton.contracts.Epoch;
import dev.baton.contracts.HeartbeatReply;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneGrant;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.WorkerId;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.springframework.core.io.ClassPathResource;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;
import org.springframework.stereotype.Component;

/**
 * Lane leases in Redis, changed only by scripts that run as one step, so any number of registries
 * may share one Redis. Thread-safe.
 *
 * <p>An epoch is at least the time in milliseconds of its grant, by the later of the registry's and
 * Redis's clock. So it grows even when Redis was emptied, unless both were set back meanwhile. A
 * worker that names its previous lane gets the same lane and epoch again while nobody was granted
 * the lane since: its messages in flight stay valid, and no second holder of that epoch can exist.
 */
@Component
public class LaneLeases {
  private static final List<String> EPOCH_KEY = List.of("baton:epoch");

  @SuppressWarnings("rawtypes")
  private static final RedisScript<List> GRANT = script("grant-lane", List.class);

  private static final RedisScript<String> RENEW = script("renew-lane", String.class);
  private static final RedisScript<Long> RELEASE = script("release-lane", Long.class);

  private final StringRedisTemplate redis;
  private final LaneProperties properties;
  private final Clock clock;

  public LaneLeases(StringRedisTemplate redis, LaneProperties properties, Clock clock) {
    this.redis = redis;
    this.properties = properties;
    this.clock = clock;
  }

  /**
   * A lane for the worker, the previous one where that is still possible; empty when all are taken.
   */
  public Optional<LaneGrant> grant(WorkerId worker, Optional<LaneRef> previous) {
    List<?> reply =
        redis.execute(
            GRANT,
            EPOCH_KEY,
            worker.value(),
            Long.toString(properties.ttl().toMillis()),
            Integer.toString(properties.count()),
            Long.toString(clock.millis()),
            previous.map(p -> Integer.toString(p.lane().number())).orElse("-1"),
            previous.map(p -> Long.toString(p.epoch().value())).orElse("0"));
    int lane = Integer.parseInt(String.valueOf(reply.get(0)));
    if (lane < 0) {
      return Optional.empty();
    }
    Epoch epoch = new Epoch(Long.parseLong(String.valueOf(reply.get(1))));
    return Optional.of(new LaneGrant(worker, new Lane(lane), epoch, properties.ttl()));
  }

  public HeartbeatReply.Outcome renew(LaneRef lease) {
    return HeartbeatReply.Outcome.valueOf(
        redis.execute(
            RENEW,
            EPOCH_KEY,
            Integer.toString(lease.lane().number()),
            Long.toString(lease.epoch().value()),
            lease.worker().value(),
            Long.toString(properties.ttl().toMillis())));
  }

  /** Gives the lane back; does nothing where the lease has already passed to another. */
  public void release(WorkerId worker, Epoch epoch) {
    redis.execute(RELEASE, EPOCH_KEY, worker.value(), Long.toString(epoch.value()));
  }

  public Duration ttl() {
    return properties.ttl();
  }

  private static <T> RedisScript<T> script(String name, Class<T> result) {
    return RedisScript.of(new ClassPathResource("redis/" + name + ".lua"), result);
  }
}
