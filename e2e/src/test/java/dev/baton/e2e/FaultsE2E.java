package dev.baton.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.WorkerStats;
import dev.baton.e2e.Chat.Answer;
import dev.baton.e2e.Chat.Sampling;
import dev.baton.localstack.stack.ServiceHandle;
import dev.baton.localstack.stack.ServiceKind;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Processes die and bytes rot; every request still completes, with the tokens it would have had. */
class FaultsE2E {
  private static final Duration READY = Duration.ofSeconds(90);
  private static final int MAX_TOKENS = 60;

  private static Platform platform;
  private static String memo;

  @BeforeAll
  static void start() {
    platform =
        Platform.start(
            "faults",
            spec ->
                spec.withProperty(
                        ServiceKind.ROUTER, "baton.router.placement.path", "disaggregated")
                    .withProperty(ServiceKind.DECODE, "baton.worker.fault.enabled", "true"));
    memo = Platform.memos().getFirst();
  }

  @AfterAll
  static void stop() {
    platform.close();
  }

  @AfterEach
  void everyWorkerIsBackAndEveryBlockIsFree() {
    platform.awaitIdleAndWhole(Duration.ofSeconds(60));
  }

  @Test
  void requestsThatWaitWhileTheOnlyPrefillWorkerIsKilledComplete() {
    List<String> prompts = prompts("prefill", 6);
    ServiceHandle prefill = platform.stack().services(ServiceKind.PREFILL).getFirst();
    List<CompletableFuture<Answer>> answers =
        prompts.stream().map(p -> platform.chat().ask(p, MAX_TOKENS, Sampling.GREEDY)).toList();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> platform.stats(prefill).runningSequences() > 0);
    prefill.kill();
    prefill.start();
    prefill.awaitReady(READY);
    for (int i = 0; i < prompts.size(); i++) {
      assertThat(answers.get(i).join().tokens())
          .isEqualTo(platform.chat().askNow(prompts.get(i), MAX_TOKENS, Sampling.GREEDY).tokens());
    }
  }

  @Test
  void requestsOfADecodeWorkerKilledBeforeItsFirstTokenComplete() {
    List<String> prompts = prompts("decode", 6);
    List<CompletableFuture<Answer>> answers =
        prompts.stream()
            .map(p -> platform.chat().ask(p, MAX_TOKENS, Sampling.seeded(p.length())))
            .toList();
    ServiceHandle victim = awaitDecodeWorkerWithWork();
    long generated = platform.stats(victim).generatedTokens();
    victim.kill();
    assertThat(generated).as("tokens before the kill").isNotNegative();
    victim.start();
    victim.awaitReady(READY);
    for (int i = 0; i < prompts.size(); i++) {
      String prompt = prompts.get(i);
      assertThat(answers.get(i).join().tokens())
          .isEqualTo(
              platform.chat().askNow(prompt, MAX_TOKENS, Sampling.seeded(prompt.length())).tokens());
    }
  }

  @Test
  void aStreamGoesOnUnchangedWhenItsDecodeWorkerIsKilledInTheMiddle() throws Exception {
    String prompt = prompts("stream", 1).getFirst();
    String whole = streamed(prompt, false);
    assertThat(streamed(prompt, true)).isEqualTo(whole);
  }

  @Test
  void aBlockCorruptedInFlightIsCaughtAndTheAnswerIsUnchanged() throws Exception {
    String prompt = prompts("corrupt", 1).getFirst();
    for (ServiceHandle decode : platform.stack().services(ServiceKind.DECODE)) {
      assertThat(
              platform
                  .api()
                  .post(decode.uri().resolve("/internal/v1/faults/corrupt-blocks?count=1").toString(), "")
                  .statusCode())
          .isEqualTo(204);
    }
    long before = platform.sum(ServiceKind.DECODE, WorkerStats::digestMismatches);
    Answer corrupted = platform.chat().askNow(prompt, MAX_TOKENS, Sampling.GREEDY);
    assertThat(platform.sum(ServiceKind.DECODE, WorkerStats::digestMismatches))
        .isGreaterThan(before);
    // The other decode worker takes its fault, so that none is left for the next request.
    assertThat(platform.chat().askNow(prompt, MAX_TOKENS, Sampling.GREEDY).tokens())
        .isEqualTo(corrupted.tokens());
  }

  /** Text of a streamed answer; on request its decode worker is killed after the third chunk. */
  private static String streamed(String prompt, boolean kill) throws Exception {
    HttpResponse<java.io.InputStream> response =
        platform
            .chat()
            .http()
            .send(
                platform
                    .chat()
                    .request(platform.chat().body(prompt, 200, Sampling.seeded(5), true)),
                HttpResponse.BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    StringBuilder text = new StringBuilder();
    ServiceHandle killed = null;
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      int chunks = 0;
      String line;
      while ((line = lines.readLine()) != null) {
        if (!line.startsWith("data: {")) {
          continue;
        }
        text.append(
            tools.jackson.databind.json.JsonMapper.shared()
                .readTree(line.substring(6))
                .path("choices")
                .path(0)
                .path("delta")
                .path("content")
                .asString(""));
        if (++chunks == 3 && kill) {
          killed = awaitDecodeWorkerWithWork();
          killed.kill();
        }
      }
    }
    if (kill) {
      killed.start();
      killed.awaitReady(READY);
    }
    return text.toString();
  }

  private static ServiceHandle awaitDecodeWorkerWithWork() {
    return await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                platform.stack().services(ServiceKind.DECODE).stream()
                    .filter(
                        worker -> {
                          WorkerStats stats = platform.stats(worker);
                          return stats.runningSequences() + stats.waitingRequests() > 0;
                        })
                    .findFirst()
                    .orElse(null),
            worker -> worker != null);
  }

  /** Prompts that share no block with those of another test. */
  private static List<String> prompts(String name, int count) {
    return IntStream.range(0, count).mapToObj(i -> name + " " + i + "\n" + memo).toList();
  }
}
