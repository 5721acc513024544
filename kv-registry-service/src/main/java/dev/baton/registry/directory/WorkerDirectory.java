package dev.baton.registry.directory;

import dev.baton.contracts.Lane;
import dev.baton.contracts.WireCodec;
import dev.baton.contracts.WorkerView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.stereotype.Component;

/**
 * The workers with a live lease, one Redis value a lane that expires with the lease. Thread-safe.
 */
@Component
public class WorkerDirectory {
  private final RedisTemplate<String, byte[]> redis;

  public WorkerDirectory(RedisTemplate<String, byte[]> binaryRedis) {
    this.redis = binaryRedis;
  }

  public void put(WorkerView worker, Duration ttl) {
    redis.opsForValue().set(key(worker.lane()), WireCodec.toCbor(worker), ttl);
  }

  public Optional<WorkerView> of(Lane lane) {
    return Optional.ofNullable(redis.opsForValue().get(key(lane)))
        .map(bytes -> WireCodec.fromCbor(bytes, WorkerView.class));
  }

  /** In lane order. */
  public List<WorkerView> all() {
    List<String> keys =
        IntStream.range(0, Lane.LIMIT).mapToObj(number -> key(new Lane(number))).toList();
    List<byte @Nullable []> values = redis.opsForValue().multiGet(keys);
    if (values == null) {
      return List.of();
    }
    List<WorkerView> workers = new ArrayList<>();
    for (byte @Nullable [] bytes : values) {
      if (bytes != null) {
        workers.add(WireCodec.fromCbor(bytes, WorkerView.class));
      }
    }
    return List.copyOf(workers);
  }

  private static String key(Lane lane) {
    return "baton:worker:" + lane.number();
  }
}
