package dev.baton.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.autoscaler.observe.Workers;
import dev.baton.contracts.BlockHash;
import dev.baton.contracts.Epoch;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.PrefillRequest;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.TokenIds;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import dev.baton.contracts.WorkerId;
import dev.baton.localstack.servers.RealKafka;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole service against a real Kafka; one story, told in order. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AutoscalerIT {
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final int PROMPT_TOKENS = 600;

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static RealKafka kafka;
  private static RegistryStandIn registry;
  private static ConfigurableApplicationContext service;
  private static KafkaShareConsumer<String, byte[]> worker;

  @BeforeAll
  static void start() throws Exception {
    kafka = RealKafka.start();
    registry = new RegistryStandIn(Workers.directory());
    service =
        new SpringApplicationBuilder(AutoscalerApplication.class)
            .run(
                "--server.port=0",
                "--spring.kafka.bootstrap-servers=" + kafka.bootstrapServers(),
                "--baton.registry.url=" + registry.url(),
                "--baton.autoscaler.interval=200ms",
                "--baton.autoscaler.ready-intervals=10",
                "--baton.autoscaler.observe.stale-after=2s",
                "--baton.autoscaler.observe.arrival-window=2s",
                "--baton.autoscaler.prefill.target-queue-delay=2s",
                "--baton.autoscaler.prefill.max-replicas=6",
                "--baton.autoscaler.prefill.scale-down-window=1s",
                "--baton.autoscaler.decode.scale-down-window=1s");
  }

  @AfterAll
  static void stop() {
    if (worker != null) {
      worker.close(Duration.ofSeconds(5));
    }
    service.close();
    registry.close();
    kafka.close();
  }

  private static HttpResponse<String> get(String path) {
    int port = service.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
    try {
      return HTTP.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .timeout(Duration.ofSeconds(10))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static JsonNode recommendation() {
    HttpResponse<String> response = get("/recommendation");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  private static JsonNode tier(String name) {
    return recommendation().path("tiers").path(name);
  }

  private static JsonNode signal(String tier, String name) {
    for (JsonNode signal : tier(tier).path("signals")) {
      if (signal.path("name").asString().equals(name)) {
        return signal.path("value");
      }
    }
    throw new AssertionError("no signal " + name);
  }

  private static void publish(String topic, int count) throws Exception {
    try (KafkaProducer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", kafka.bootstrapServers()),
            new StringSerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < count; i++) {
        PrefillRequest request =
            new PrefillRequest(
                PrefillRequest.VERSION,
                new RequestId("r" + i),
                1,
                "m",
                new ModelFingerprint("00112233445566778899aabbccddeeff"),
                TokenIds.of(new int[PROMPT_TOKENS]),
                PROMPT_TOKENS,
                new BlockHash(1, 2),
                SamplingParams.greedy(),
                Instant.now(),
                Instant.now().plusSeconds(600),
                new LaneRef(new WorkerId("d"), new Lane(0), new Epoch(1)),
                List.of());
        producer
            .send(new ProducerRecord<>(topic, null, "r" + i, WireCodec.toCbor(request)))
            .get(10, TimeUnit.SECONDS);
      }
    }
  }

  /** Takes and acknowledges so many requests; what it took beyond them stays under way. */
  private static void acknowledge(int count) {
    int done = 0;
    Instant deadline = Instant.now().plus(PATIENCE);
    while (done < count) {
      assertThat(Instant.now()).as("time to take %s records", count).isBefore(deadline);
      for (ConsumerRecord<String, byte[]> record : worker.poll(Duration.ofMillis(500))) {
        worker.acknowledge(record, done < count ? AcknowledgeType.ACCEPT : AcknowledgeType.RELEASE);
        done++;
      }
      worker.commitSync(Duration.ofSeconds(10));
    }
  }

  @Test
  @Order(1)
  void isReadyAndHoldsTheMinimumBeforeAnyWorkerHasCome() {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(get("/actuator/health/readiness").statusCode()).isEqualTo(200));
    JsonNode recommendation = recommendation();
    assertThat(recommendation.path("mode").asString()).isEqualTo("recommend");
    assertThat(Instant.parse(recommendation.path("observedAt").asString()))
        .isBetween(Instant.now().minusSeconds(10), Instant.now());
    assertThat(recommendation.path("problems")).isEmpty();
    JsonNode prefill = recommendation.path("tiers").path("prefill");
    assertThat(prefill.path("desired").asInt()).isEqualTo(1);
    assertThat(prefill.path("current").asInt(-1)).isZero();
    assertThat(prefill.path("outcome").asString()).isEqualTo("recommended");
    assertThat(prefill.path("reasons").toString())
        .contains("backlog of the prefill queue is unknown");
    assertThat(signal("prefill", "queuedRequests").isNull()).isTrue();
  }

  @Test
  @Order(2)
  void aBacklogOfARealShareGroupSizesThePrefillTier() throws Exception {
    registry.show(Workers.directory(Workers.prefill(0, 1000), Workers.decode(1, 3, 30, 990)));
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
      Map<ConfigResource, Collection<AlterConfigOp>> earliest =
          Map.of(
              new ConfigResource(ConfigResource.Type.GROUP, Topics.PREFILL_SHARE_GROUP),
              List.of(
                  new AlterConfigOp(
                      new ConfigEntry("share.auto.offset.reset", "earliest"),
                      AlterConfigOp.OpType.SET)));
      admin.incrementalAlterConfigs(earliest).all().get(20, TimeUnit.SECONDS);
    }
    publish(Topics.PREFILL_INTERACTIVE, 10);
    publish(Topics.PREFILL_BATCH, 5);
    worker =
        new KafkaShareConsumer<>(
            Map.of(
                "bootstrap.servers",
                kafka.bootstrapServers(),
                "group.id",
                Topics.PREFILL_SHARE_GROUP,
                "share.acknowledgement.mode",
                "explicit",
                "share.acquire.mode",
                "record_limit",
                "max.poll.records",
                1),
            new StringDeserializer(),
            new ByteArrayDeserializer());
    worker.subscribe(List.of(Topics.PREFILL_INTERACTIVE, Topics.PREFILL_BATCH));
    acknowledge(4);

    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(signal("prefill", "queuedRequests").asDouble()).isEqualTo(11));
    assertThat(signal("prefill", "tokensPerRequest").asDouble()).isEqualTo(PROMPT_TOKENS);
    assertThat(signal("prefill", "queuedTokens").asDouble()).isEqualTo(11 * PROMPT_TOKENS);
    // 6,600 tokens within 2 s at 1,000 a second, once the arrivals are out of their window: 4.
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(tier("prefill").path("desired").asInt()).isEqualTo(4));
    assertThat(tier("prefill").path("current").asInt()).isEqualTo(1);
    assertThat(tier("prefill").path("reasons").toString()).contains("11 queued requests");
    // 33 sequences, 16 a worker.
    assertThat(tier("decode").path("desired").asInt()).isEqualTo(3);
  }

  @Test
  @Order(3)
  void showsTheSameInItsMetrics() {
    String metrics = get("/actuator/prometheus").body();
    assertThat(metrics)
        .contains("baton_autoscaler_desired{tier=\"prefill\"} 4.0")
        .contains("baton_autoscaler_current{tier=\"prefill\"} 1.0")
        .contains("baton_autoscaler_backlog_requests{tier=\"prefill\"} 11.0")
        .contains("baton_autoscaler_backlog_tokens{tier=\"prefill\"} 6600.0")
        .contains("baton_autoscaler_observation_age_seconds")
        .contains("baton_autoscaler_failures_total{source=\"registry\"} 0.0");
  }

  @Test
  @Order(4)
  void aSilentRegistryHoldsTheSizesAndIsExplained() {
    registry.down(true);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(tier("decode").path("reasons").toString())
                .contains("no decode worker reports its load")
                .contains("holding 3"));
    assertThat(tier("decode").path("current").isNull()).isTrue();
    assertThat(recommendation().path("problems").toString()).contains("registry: status 503");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          HttpResponse<String> readiness = get("/actuator/health/readiness");
          assertThat(readiness.statusCode()).isEqualTo(503);
          assertThat(readiness.body()).contains("registry: status 503");
        });
    assertThat(get("/actuator/health/liveness").statusCode()).isEqualTo(200);
    registry.down(false);
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(get("/actuator/health/readiness").statusCode()).isEqualTo(200));
    assertThat(get("/actuator/prometheus").body())
        .doesNotContain("baton_autoscaler_failures_total{source=\"registry\"} 0.0");
  }

  @Test
  @Order(5)
  void anEmptyQueueAndIdleWorkersGoDownToTheMinimum() {
    registry.show(Workers.directory(Workers.prefill(0, 1000), Workers.decode(1, 0, 0, 1000)));
    acknowledge(11);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(signal("prefill", "queuedRequests").asDouble()).isZero();
          assertThat(tier("prefill").path("desired").asInt()).isEqualTo(1);
          assertThat(tier("decode").path("desired").asInt()).isEqualTo(1);
        });
  }

  @Test
  @Order(6)
  void aSilentKafkaHoldsTheSizes() throws Exception {
    publish(Topics.PREFILL_INTERACTIVE, 8);
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(signal("prefill", "queuedRequests").asDouble()).isEqualTo(8));
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(tier("prefill").path("desired").asInt()).isEqualTo(3));
    worker.close(Duration.ofSeconds(5));
    worker = null;
    kafka.close();
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(tier("prefill").path("reasons").toString()).contains("unknown"));
    // In this mode the size is the number of workers that report, so that is what is held.
    assertThat(tier("prefill").path("desired").asInt()).isEqualTo(1);
    assertThat(recommendation().path("problems").toString()).contains("kafka");
  }
}
