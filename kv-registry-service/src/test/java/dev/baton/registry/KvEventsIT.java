package dev.baton.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.KvEvent;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole way: events over a real Kafka into a real Redis, heartbeats and queries over HTTP. */
class KvEventsIT {
  private static KafkaProducer<String, byte[]> producer;
  private static Registry registry;

  @BeforeAll
  static void start() {
    producer = producer();
    registry = newRegistry();
  }

  static KafkaProducer<String, byte[]> producer() {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", Servers.kafka()),
        new StringSerializer(),
        new ByteArraySerializer());
  }

  private static Registry newRegistry() {
    return Registry.start(
        Servers.kafka(),
        Servers.REDIS.port(),
        "spring.kafka.consumer.properties.metadata.max.age.ms=1000",
        "baton.registry.residency.standstill=500ms",
        "baton.registry.residency.resync-interval=500ms");
  }

  @AfterAll
  static void stop() {
    registry.close();
    producer.close();
  }

  @BeforeEach
  void empty() {
    Servers.flushRedis();
  }

  private static void send(
      KafkaProducer<String, byte[]> producer, String key, byte @Nullable [] value) {
    try {
      producer.send(new ProducerRecord<>(Topics.KV_EVENTS, key, value)).get(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void send(KvEvent event) {
    send(producer, event);
  }

  static void send(KafkaProducer<String, byte[]> producer, KvEvent event) {
    send(producer, event.source().worker().value(), WireCodec.toCbor(event));
  }

  private static SimulatedWorker worker(String name) {
    return new SimulatedWorker(name, registry.register(name), KvEventsIT::send);
  }

  /** Beats all workers until the index says of each prompt what they hold. */
  private static void awaitTruth(List<SimulatedWorker> workers, List<BlockHashes> prompts) {
    await()
        .atMost(Servers.patience())
        .untilAsserted(() -> {
          for (SimulatedWorker worker : workers) {
            worker.beat(registry);
          }
          for (BlockHashes prompt : prompts) {
            for (SimulatedWorker worker : workers) {
              assertThat(registry.prefix(prompt).of(worker.lane().lane()))
                  .isEqualTo(worker.prefixOf(prompt));
            }
          }
        });
  }

  @Test
  void followsWorkersThroughALossOfRedisARestartAndGarbage() {
    Random random = new Random(5);
    List<BlockHashes> prompts = Prompts.family(6, 12, random);
    List<SimulatedWorker> workers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      workers.add(worker("w" + i));
    }
    change(workers, prompts, random, 60);
    awaitTruth(workers, prompts);

    // Poison: neither stops what follows.
    send(producer, "w0", new byte[] {1, 2, 3});
    send(producer, "w1", null);
    change(workers, prompts, random, 10);
    awaitTruth(workers, prompts);
    assertThat(registry.metrics())
        .contains("baton_registry_events_total{outcome=\"malformed\"} 2.0");

    // Redis loses everything; nothing more happens on the workers.
    Servers.flushRedis();
    awaitTruth(workers, prompts);

    // The registry restarts; events that come meanwhile wait in Kafka.
    registry.close();
    change(workers, prompts, random, 20);
    registry = newRegistry();
    awaitTruth(workers, prompts);
    assertThat(registry.readiness()).isEqualTo(200);
  }

  private static void change(
      List<SimulatedWorker> workers, List<BlockHashes> prompts, Random random, int times) {
    for (int i = 0; i < times; i++) {
      SimulatedWorker worker = workers.get(random.nextInt(workers.size()));
      List<BlockHash> chain = prompts.get(random.nextInt(prompts.size())).toList();
      if (random.nextInt(3) == 0) {
        worker.drop(chain.subList(random.nextInt(chain.size()), chain.size()));
      } else {
        worker.store(chain.subList(0, 1 + random.nextInt(chain.size())));
      }
    }
  }
}
