package dev.baton.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.HeartbeatReply.Outcome;
import dev.baton.contracts.LaneRef;
import dev.baton.localstack.servers.RedisServer;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Redis goes away and comes back empty. */
class RedisAwayIT {
  @Test
  void answers503MeanwhileAndRecovers(@TempDir Path directory) {
    RedisServer redis =
        RedisServer.launch(new RedisServer.Settings(directory, directory.resolve("redis.log"), 0));
    redis.awaitReady(Duration.ofSeconds(30));
    try (Registry registry = Registry.start("127.0.0.1:9", redis.port())) {
      LaneRef lane = registry.register("w");
      redis.close();

      HttpResponse<byte[]> refused = registry.tryHeartbeat(lane, 0);
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("Retry-After")).contains("1");
      assertThat(new String(refused.body())).contains("\"code\":\"redis_unavailable\"");
      HttpResponse<byte[]> query = registry.tryPrefix(Prompts.one(4, 1));
      assertThat(query.statusCode()).isEqualTo(503);
      assertThat(new String(query.body())).contains("\"code\":\"redis_unavailable\"");
      assertThat(registry.readiness()).isEqualTo(503);
      assertThat(registry.call("GET", "/actuator/health/liveness", new byte[0]).statusCode())
          .isEqualTo(200);

      redis = redis.relaunch();
      redis.awaitReady(Duration.ofSeconds(30));
      await()
          .atMost(Servers.patience())
          .until(() -> registry.tryHeartbeat(lane, 0).statusCode() == 200);
      assertThat(registry.heartbeat(lane, 0).outcome()).isEqualTo(Outcome.UNKNOWN);
      assertThat(registry.register("w", Optional.of(lane))).isEqualTo(lane);
      assertThat(registry.prefix(Prompts.one(4, 1)).blocks()).isEmpty();
      await().atMost(Servers.patience()).until(() -> registry.readiness() == 200);
    } finally {
      redis.close();
    }
  }

  @Test
  void eventsGoOnAfterwards(@TempDir Path directory) {
    RedisServer redis =
        RedisServer.launch(new RedisServer.Settings(directory, directory.resolve("redis.log"), 0));
    redis.awaitReady(Duration.ofSeconds(30));
    BlockHashes prompt = Prompts.one(10, 1);
    try (KafkaProducer<String, byte[]> producer = KvEventsIT.producer();
        Registry registry =
            Registry.start(
                Servers.kafka(), redis.port(), "baton.registry.residency.standstill=500ms")) {
      SimulatedWorker worker =
          new SimulatedWorker(
              "away", registry.register("away"), event -> KvEventsIT.send(producer, event));
      worker.store(prompt.prefix(5).toList());
      awaitTruth(registry, worker, prompt);

      redis.close();
      worker.store(prompt.toList().subList(5, 10));
      redis = redis.relaunch();
      redis.awaitReady(Duration.ofSeconds(30));
      awaitTruth(registry, worker, prompt);
      long before = worker.sequence();
      worker.drop(prompt.toList().subList(8, 10));
      assertThat(worker.sequence()).isEqualTo(before + 1);
      awaitTruth(registry, worker, prompt);
    } finally {
      redis.close();
    }
  }

  private static void awaitTruth(Registry registry, SimulatedWorker worker, BlockHashes prompt) {
    await()
        .atMost(Servers.patience())
        .untilAsserted(() -> {
          worker.beat(registry);
          assertThat(registry.prefix(prompt).of(worker.lane().lane()))
              .isEqualTo(worker.prefixOf(prompt));
        });
  }
}
