package dev.baton.router;

import static dev.baton.router.support.RunningRouter.chat;
import static dev.baton.router.support.RunningRouter.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.PrefillRequest;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import dev.baton.router.support.Placements;
import dev.baton.router.support.RunningRouter;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Tenants, explanations, health, metrics, and storms of connections. */
class OperationsIT {
  private static final String PATH = "/v1/chat/completions";
  private static final String LONG =
      "Explain this deal to the committee in plain words. ".repeat(20);

  private RunningRouter router;

  @BeforeEach
  void start() {
    router = RunningRouter.shared();
    router.first.answers("Fine.");
    router.second.answers("Fine.");
  }

  private String ask(String key) {
    HttpResponse<String> response =
        router.send(
            router.post(PATH, chat(LONG, Map.of())).setHeader("Authorization", "Bearer " + key));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return json(response).path("id").asString();
  }

  @Test
  void twoTenantsNeverShareABlockHash() {
    String alice = ask(RunningRouter.ALICE);
    String bob = ask(RunningRouter.BOB);
    String again = ask(RunningRouter.ALICE);

    Map<String, PrefillRequest> queued = queued(alice, bob, again);
    assertThat(queued.get(alice).tokens()).isEqualTo(queued.get(bob).tokens());
    assertThat(queued.get(alice).root()).isNotEqualTo(queued.get(bob).root());
    assertThat(queued.get(alice).root()).isEqualTo(queued.get(again).root());
  }

  private Map<String, PrefillRequest> queued(String... ids) {
    Map<String, PrefillRequest> found = new HashMap<>();
    try (KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", router.kafka.bootstrapServers()),
            new StringDeserializer(),
            new ByteArrayDeserializer())) {
      var partitions =
          java.util.stream.IntStream.range(0, Topics.partitions().get(Topics.PREFILL_INTERACTIVE))
              .mapToObj(p -> new TopicPartition(Topics.PREFILL_INTERACTIVE, p))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> {
            consumer
                .poll(Duration.ofMillis(200))
                .forEach(record ->
                    found.put(
                        record.key(), WireCodec.fromCbor(record.value(), PrefillRequest.class)));
            return found.keySet().containsAll(java.util.List.of(ids));
          });
    }
    return found;
  }

  @Test
  void anExplanationShowsCandidatesScoresPathAndTimesToItsOwnTenantOnly() {
    String id = ask(RunningRouter.ALICE);

    JsonNode explanation = json(router.get("/v1/requests/" + id));
    assertThat(explanation.path("outcome").asString()).isEqualTo("completed");
    JsonNode attempt = explanation.at("/attempts/0");
    assertThat(attempt.at("/placement/chosen").asString()).startsWith("decode-");
    assertThat(attempt.at("/placement/scores").size()).isEqualTo(2);
    assertThat(attempt.at("/placement/scores/decode-1/load").asDouble()).isEqualTo(1.0);
    assertThat(attempt.path("path").asString()).isEqualTo("disaggregated");
    assertThat(attempt.path("work").path("kv_transfer").asDouble()).isEqualTo(2.0);
    assertThat(attempt.path("work").path("transferred_bytes").asInt()).isEqualTo(4096);
    assertThat(attempt.path("work").path("pull").asDouble()).isEqualTo(4.0);
    assertThat(attempt.path("work").path("ttft").asDouble()).isPositive();
    assertThat(attempt.path("predictions").isEmpty()).as("no rate is known").isTrue();
    assertThat(explanation.at("/summary/timings/ttft").isNumber()).isTrue();

    HttpResponse<String> other =
        router.send(
            router
                .request("/v1/requests/" + id)
                .setHeader("Authorization", "Bearer " + RunningRouter.BOB)
                .GET());
    assertThat(other.statusCode()).isEqualTo(404);
  }

  @Test
  void aPredictionIsExplainedBesideItsOutcomeAndItsErrorIsAMetric() {
    router.show(
        Placements.measured(router.prefill.view(), 4000, 1e9),
        Placements.measured(router.first.view(), 2000, 1e9),
        Placements.measured(router.second.view(), 2000, 1e9));

    String id = ask(RunningRouter.ALICE);

    JsonNode attempt = json(router.get("/v1/requests/" + id)).at("/attempts/0");
    JsonNode taken =
        attempt
            .path("predictions")
            .valueStream()
            .filter(p -> p.path("path").asString().equals(attempt.path("path").asString()))
            .findFirst()
            .orElseThrow();
    assertThat(attempt.path("predictions").size()).isEqualTo(2);
    assertThat(taken.path("prefill").asDouble())
        .isEqualTo(taken.path("computed_tokens").asInt() / 4.0);
    assertThat(taken.path("cost").asDouble()).isGreaterThan(taken.path("ttft").asDouble());
    assertThat(attempt.path("work").path("ttft").asDouble()).isPositive();
    assertThat(attempt.path("path_reason").asString()).contains("first token after");
    assertThat(router.get("/actuator/prometheus").body())
        .contains("baton_router_prediction_error_seconds_count{", "path=\"disaggregated\"");
  }

  @Test
  void theHolderOfThePrefixIsChosen() {
    router.registry.residency(Map.of(2, 10));
    for (int i = 0; i < 4; i++) {
      ask(RunningRouter.ALICE);
    }

    assertThat(router.second.requests()).hasSize(4);
    assertThat(router.first.requests()).isEmpty();
  }

  @Test
  void readinessMeansThatAWorkerCanServe() {
    assertThat(router.get("/actuator/health/readiness").statusCode()).isEqualTo(200);
    assertThat(router.get("/actuator/health/liveness").statusCode()).isEqualTo(200);

    router.show(router.prefill);

    assertThat(router.get("/actuator/health/readiness").statusCode()).isEqualTo(503);
    assertThat(router.get("/actuator/health/liveness").statusCode()).isEqualTo(200);
  }

  @Test
  void metricsAreThereForPrometheus() {
    ask(RunningRouter.ALICE);

    assertThat(router.get("/actuator/prometheus").body())
        .contains("baton_router_requests_total{", "outcome=\"completed\"")
        .contains("baton_router_ttft_seconds", "baton_router_total_seconds")
        .contains("baton_router_active ", "baton_router_placement_seconds")
        .contains("resilience4j_circuitbreaker_state");
  }

  @Test
  void routesCannotBeChangedFromOutside() {
    HttpRequest.Builder route =
        HttpRequest.newBuilder(router.uri.resolve("/actuator/gateway/routes/evil"))
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"uri\":\"http://example.org\",\"predicates\":[]}"));

    assertThat(router.send(route).statusCode()).isIn(404, 405);
    assertThat(router.get("/actuator/gateway/routes").body()).contains("deal-analyses");
  }

  @Test
  void tenThousandConnectionsOpenedAndDroppedLeaveNothing() throws Exception {
    InetSocketAddress address = new InetSocketAddress("127.0.0.1", router.uri.getPort());
    byte[] half =
        ("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                + RunningRouter.ALICE
                + "\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"model\":")
            .getBytes(StandardCharsets.UTF_8);
    ArrayDeque<SocketChannel> open = new ArrayDeque<>();
    for (int i = 0; i < 10_000; i++) {
      SocketChannel channel = SocketChannel.open(address);
      channel.write(ByteBuffer.wrap(half));
      open.add(channel);
      if (open.size() > 1000) {
        open.removeFirst().close();
      }
    }
    for (SocketChannel channel : open) {
      channel.close();
    }

    ask(RunningRouter.ALICE);
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(gauge("baton_router_request_bytes_held")).isZero());
    assertThat(gauge("baton_router_active")).isZero();
  }

  private double gauge(String name) {
    return router
        .get("/actuator/prometheus")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }
}
