package dev.baton.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.WorkerStats;
import dev.baton.e2e.Chat.Answer;
import dev.baton.e2e.Chat.Sampling;
import dev.baton.localstack.client.Analysis;
import dev.baton.localstack.stack.ServiceHandle;
import dev.baton.localstack.stack.ServiceKind;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The public API over the whole stack: one prefill worker and two decode workers. */
class ServingE2E {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static Platform platform;

  @BeforeAll
  static void start() {
    platform = Platform.start("serving", spec -> spec);
  }

  @AfterAll
  static void stop() {
    platform.close();
  }

  @AfterEach
  void nothingIsLeftBehind() {
    platform.awaitIdleAndWhole(Duration.ofSeconds(40));
  }

  @Test
  void analysesAMemoWithEvidenceThatIsInIt() throws Exception {
    String memo = Platform.memos().getFirst();
    StringBuilder streamed = new StringBuilder();
    Analysis analysis = platform.api().analyse(memo, streamed::append, Duration.ofMinutes(2));
    assertThat(JSON.readTree(streamed.toString()).path("company").asString())
        .isEqualTo(analysis.fields().path("company").asString());
    assertThat(memo).contains(analysis.fields().path("company").asString());
    assertThat(analysis.evidence()).isNotEmpty();
    for (JsonNode item : analysis.json().path("evidence")) {
      if (item.path("status").asString().equals("supported")) {
        assertThat(memo.substring(item.path("start").asInt(), item.path("end").asInt()))
            .isEqualTo(item.path("quote").asString());
      }
    }
    for (String stage : List.of("queue", "prefill", "kv_transfer", "ttft", "tpot", "total")) {
      assertThat(analysis.timing(stage)).as(stage).isPresent();
    }
  }

  @Test
  void aSharedPrefixIsComputedOnceAndItsHolderIsChosen() {
    String memo = Platform.memos().getLast();
    Answer first = platform.chat().askNow(memo, 8, Sampling.GREEDY);
    assertThat(first.promptTokens()).isGreaterThan(4000);
    ServiceHandle holder =
        await()
            .atMost(Duration.ofSeconds(10))
            .until(
                () ->
                    platform.stack().services(ServiceKind.DECODE).stream()
                        .filter(w -> platform.stats(w).pulledTokens() > 3900)
                        .findFirst()
                        .orElse(null),
                worker -> worker != null);
    awaitResidencyKnown(memo);
    long computed = platform.sum(ServiceKind.PREFILL, WorkerStats::computedTokens);
    long computedByDecode = platform.sum(ServiceKind.DECODE, WorkerStats::computedTokens);
    long generated = platform.stats(holder).generatedTokens();
    String suffix = " What does the committee need to know about this transaction? ".repeat(12);
    Answer second = platform.chat().askNow(memo + suffix, 8, Sampling.GREEDY);
    long fresh =
        platform.sum(ServiceKind.PREFILL, WorkerStats::computedTokens)
            + platform.sum(ServiceKind.DECODE, WorkerStats::computedTokens)
            - computed
            - computedByDecode;
    int suffixTokens = second.promptTokens() - first.promptTokens();
    assertThat(suffixTokens).isPositive();
    assertThat(fresh).isBetween((long) suffixTokens, suffixTokens + 32L);
    assertThat(second.cachedTokens()).isGreaterThan(3900);
    assertThat(platform.stats(holder).generatedTokens()).isGreaterThan(generated);
  }

  /** The registry learns of blocks through Kafka: wait until both holders' events have arrived. */
  private static void awaitResidencyKnown(String memo) {
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> {
          Answer again = platform.chat().askNow(memo, 1, Sampling.GREEDY);
          return again.cachedTokens() > 3900;
        });
  }

  @Test
  void aClientThatGoesAwayStopsItsSequenceWithinASecond() throws Exception {
    String memo = Platform.memos().get(1) + " cancelled";
    HttpResponse<InputStream> response =
        platform
            .chat()
            .http()
            .send(
                platform.chat().request(platform.chat().body(memo, 400, Sampling.seeded(1), true)),
                HttpResponse.BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body().read()).isNotNegative();
    response.body().close();
    await()
        .atMost(Duration.ofSeconds(1))
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(() ->
            assertThat(platform.sum(ServiceKind.DECODE, WorkerStats::runningSequences)).isZero());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/deals/analyses    | {\"memo\": \"\"}                                 | 400 | memo",
        "/v1/deals/analyses    | {\"memo\": \"a deal                              | 400 | ",
        "/v1/deals/analyses    | {\"text\": \"a deal\"}                           | 400 | memo",
        "/v1/chat/completions  | {\"model\": \"nobody\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]} | 404 | nobody",
        "/v1/chat/completions  | {\"model\": \"deal-analyst\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}], \"max_tokens\": -1} | 400 | max_tokens",
        "/v1/chat/completions  | {\"model\": \"deal-analyst\", \"messages\": []}  | 400 | messages",
        "/v1/nowhere           | {}                                               | 404 | "
      })
  void badInputGetsAClearErrorOfTheDocumentedShape(
      String path, String body, int status, String mentioned) throws Exception {
    HttpResponse<String> response = platform.api().post(path, body);
    assertError(response, status);
    if (mentioned != null) {
      assertThat(JSON.readTree(response.body()).path("error").path("message").asString())
          .contains(mentioned);
    }
  }

  @Test
  void aMemoBeyondTheContextIsRefusedWithTheLimitNamed() throws Exception {
    String memo = "The company grew and grew. ".repeat(40_000);
    HttpResponse<String> response =
        platform
            .api()
            .post("/v1/deals/analyses", JSON.writeValueAsString(java.util.Map.of("memo", memo)));
    assertThat(response.statusCode()).isIn(400, 413);
    assertError(response, response.statusCode());
    assertThat(response.body()).contains("8192");
  }

  @Test
  void invalidUtf8IsRefused() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(platform.stack().routerUri().resolve("/v1/deals/analyses"))
            .timeout(Duration.ofSeconds(30))
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofByteArray(
                    new byte[] {
                      '{', '"', 'm', 'e', 'm', 'o', '"', ':', '"', (byte) 0xff, '"', '}'
                    }))
            .build();
    assertError(platform.chat().http().send(request, HttpResponse.BodyHandlers.ofString()), 400);
  }

  @Test
  void tenThousandConnectionsOpenedAndDroppedLeaveNothing() throws Exception {
    URI router = platform.stack().routerUri();
    InetSocketAddress address = new InetSocketAddress(router.getHost(), router.getPort());
    byte[] half =
        ("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Content-Length: 1000\r\n\r\n{\"model\":")
            .getBytes(StandardCharsets.UTF_8);
    List<SocketChannel> open = new ArrayList<>();
    try {
      for (int i = 0; i < 10_000; i++) {
        SocketChannel channel = SocketChannel.open(address);
        open.add(channel);
        channel.write(ByteBuffer.wrap(half));
      }
    } finally {
      for (SocketChannel channel : open) {
        channel.close();
      }
    }
    Answer answer = platform.chat().askNow("After the storm.", 4, Sampling.GREEDY);
    assertThat(answer.tokens()).isNotEmpty();
  }

  private static void assertError(HttpResponse<String> response, int status) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode error = JSON.readTree(response.body()).path("error");
    assertThat(error.path("message").asString("")).isNotBlank();
    assertThat(error.path("type").asString("")).isNotBlank();
    assertThat(error.has("param")).isTrue();
    assertThat(error.has("code")).isTrue();
  }
}
