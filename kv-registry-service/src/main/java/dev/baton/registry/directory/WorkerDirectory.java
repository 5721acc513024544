package dev.baton.registry.directory;

import dev.baton.contracts.Lane;
import dev.baton.contracts.WireCodec;
import dev.baton.contracts.WorkerView;
import java.nio.charset.StandardCharsets;
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

  /**
   * In lane order. An entry without the lease that it was made under is not shown: a heartbeat may
   * have written it while the lane was given back.
   */
  public List<WorkerView> all() {
    List<String> keys = new ArrayList<>();
    IntStream.range(0, Lane.LIMIT).mapToObj(number -> key(new Lane(number))).forEach(keys::add);
    IntStream.range(0, Lane.LIMIT).mapToObj(number -> "baton:lane:" + number).forEach(keys::add);
    List<byte @Nullable []> values = redis.opsForValue().multiGet(keys);
    if (values == null) {
      return List.of();
    }
    List<WorkerView> workers = new ArrayList<>();
    for (int lane = 0; lane < Lane.LIMIT; lane++) {
      byte[] entry = values.get(lane);
      byte[] lease = values.get(Lane.LIMIT + lane);
      if (entry != null && lease != null) {
        WorkerView worker = WireCodec.fromCbor(entry, WorkerView.class);
        String wanted = worker.epoch().value() + " " + worker.registration().worker();
        if (wanted.equals(new String(lease, StandardCharsets.UTF_8))) {
          workers.add(worker);
        }
      }
    }
    return List.copyOf(workers);
  }

  private static String key(Lane lane) {
    return "baton:worker:" + lane.number();
  }
}
