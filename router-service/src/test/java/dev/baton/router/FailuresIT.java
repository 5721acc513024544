package dev.baton.router;

import static dev.baton.router.support.RunningRouter.chat;
import static dev.baton.router.support.RunningRouter.json;
import static dev.baton.router.support.RunningRouter.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.FinishReason;
import dev.baton.contracts.GenerateRequest;
import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.TokenEvent;
import dev.baton.router.support.RunningRouter;
import dev.baton.router.support.ScriptedWorker;
import dev.baton.router.text.DemoModel;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** Workers fail, clients leave, time runs out. */
class FailuresIT {
  private static final String ANSWER = "One two three four five six seven eight nine ten.";
  private static final String PATH = "/v1/chat/completions";

  private RunningRouter router;

  @BeforeEach
  void start() {
    router = RunningRouter.shared();
  }

  private HttpResponse<String> ask(Map<String, Object> more) {
    return router.send(router.post(PATH, chat("Count.", more)));
  }

  private void both(Function<GenerateRequest, Flux<TokenEvent>> script) {
    router.first.script(script);
    router.second.script(script);
  }

  @Test
  void aStreamGoesOnAtAnotherWorkerWithEveryTokenThatWasSent() {
    both(request ->
        ScriptedWorker.answer(
            request, ANSWER, request.attempt() == 1 ? 5 : Integer.MAX_VALUE, Duration.ZERO));

    HttpResponse<String> response = ask(Map.of("stream", true, "max_tokens", 100));

    assertThat(text(response.body())).isEqualTo(ANSWER);
    var requests =
        Stream.concat(router.first.requests().stream(), router.second.requests().stream())
            .sorted(Comparator.comparingInt(r -> r.attempt()))
            .toList();
    assertThat(requests).extracting(r -> r.attempt()).containsExactly(1, 2);
    assertThat(router.first.requests()).hasSize(1);
    var again = requests.getLast();
    assertThat(again.tokens().size()).isEqualTo(again.promptLength() + 5);
    assertThat(again.stop().maxTokens()).as("counted from the prompt").isEqualTo(100);
    int[] sent =
        Arrays.copyOfRange(again.tokens().toArray(), again.promptLength(), again.tokens().size());
    assertThat(sent).isEqualTo(Arrays.copyOf(DemoModel.tokens(ANSWER), 5));
  }

  @Test
  void aWorkerThatDiesBehindTheLastTokenLeavesACompleteAnswer() {
    both(request -> ScriptedWorker.answer(request, ANSWER, 4, Duration.ZERO).take(5));

    HttpResponse<String> response = ask(Map.of("max_tokens", 4));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(json(response).at("/usage/completion_tokens").asInt()).isEqualTo(4);
  }

  @Test
  void anAnswerThatEndsWithAStopTokenAtOnceIsEmpty() {
    both(request ->
        Flux.just(ScriptedWorker.accepted(request), ScriptedWorker.finished(FinishReason.STOP, 0)));

    HttpResponse<String> response = ask(Map.of());

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(json(response).at("/choices/0/message/content").asString()).isEmpty();
  }

  @Test
  void aClientThatLeavesClosesTheWorkersStreamAndCancelsPrefill() throws Exception {
    both(request -> ScriptedWorker.answer(request, ANSWER.repeat(50), 400, Duration.ofMillis(30)));
    HttpResponse<InputStream> response =
        router.stream(
            router.post(PATH, chat("A long prompt. ".repeat(60), Map.of("stream", true))));
    assertThat(response.body().read()).isPositive();
    // A connection of an earlier test may be closing yet.
    await()
        .atMost(Duration.ofSeconds(2))
        .until(() -> router.first.open() + router.second.open() == 1);

    response.body().close();

    await()
        .atMost(Duration.ofSeconds(1))
        .until(() -> router.first.open() + router.second.open() == 0);
    String id = response.headers().firstValue("X-Request-Id").orElseThrow();
    await()
        .atMost(Duration.ofSeconds(1))
        .untilAsserted(() -> assertThat(router.prefill.cancelled()).contains(id));
  }

  @Test
  void aRequestWhosePrefillTierIsGoneIsDoneByADecodeWorkerAlone() {
    both(request ->
        request.path() == GenerationPath.DISAGGREGATED
            ? Flux.just(ScriptedWorker.accepted(request)).concatWith(Flux.never())
            : ScriptedWorker.answer(request, ANSWER, Integer.MAX_VALUE, Duration.ZERO));
    CompletableFuture<HttpResponse<String>> asked =
        CompletableFuture.supplyAsync(
            () -> router.send(router.post(PATH, chat("A long prompt. ".repeat(60), Map.of()))));
    await()
        .atMost(Duration.ofSeconds(3))
        .until(() -> router.first.requests().size() + router.second.requests().size() > 0);

    router.show(router.first, router.second);

    assertThat(asked.join().statusCode()).isEqualTo(200);
    assertThat(
            Stream.concat(router.first.requests().stream(), router.second.requests().stream())
                .filter(request -> request.path() == GenerationPath.DECODE_LOCAL)
                .map(GenerateRequest::attempt))
        .containsOnly(2);
    // The first attempt's stream is closed, not forgotten.
    await()
        .atMost(Duration.ofSeconds(1))
        .until(() -> router.first.open() + router.second.open() == 0);
  }

  @Test
  void theDeadlineIsA504() {
    both(request -> Flux.just(ScriptedWorker.accepted(request)).concatWith(Flux.never()));

    HttpResponse<String> response = ask(Map.of());

    assertThat(response.statusCode()).isEqualTo(504);
    assertThat(json(response).at("/error/code").asString()).isEqualTo("deadline_exceeded");
    await()
        .atMost(Duration.ofSeconds(1))
        .until(() -> router.first.open() + router.second.open() == 0);
  }

  @Test
  void aDeadlineThatAWorkerNoticesIsA504AndTooLongIsA400() {
    both(request -> Flux.just(new TokenEvent.Failed("DEADLINE_EXCEEDED", "host-7 late", false)));
    assertThat(ask(Map.of()).statusCode()).isEqualTo(504);

    both(request -> Flux.just(new TokenEvent.Failed("TOO_LONG", "host-7 small", false)));
    HttpResponse<String> tooLong = ask(Map.of());
    assertThat(tooLong.statusCode()).isEqualTo(400);
    assertThat(tooLong.body()).contains("context_length_exceeded").doesNotContain("host-7");
  }

  @Test
  void anUnknownFailureIsA502WithoutDetails() {
    both(request -> Flux.just(new TokenEvent.Failed("OVERFLOW", "secret detail", false)));

    HttpResponse<String> response = ask(Map.of());

    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(response.body()).contains("overflow").doesNotContain("secret");
  }

  @Test
  void noWorkerIsA503ThatSaysWhenToTryAgain() {
    router.show(router.prefill);

    HttpResponse<String> response = ask(Map.of());

    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("Retry-After")).isPresent();
    assertThat(json(response).at("/error/code").asString()).isEqualTo("no_worker");
  }

  @Test
  void workersThatRefuseEveryAttemptAreA503WithoutDetails() {
    router.first.refuse(503);
    router.second.refuse(503);

    HttpResponse<String> response = ask(Map.of());

    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("Retry-After")).isPresent();
    assertThat(response.body()).doesNotContain("127.0.0.1").doesNotContain("Exception");
  }

  @Test
  void aWorkerThatFallsSilentBetweenTokensIsLeft() {
    both(request ->
        request.attempt() == 1
            ? ScriptedWorker.answer(request, ANSWER, 3, Duration.ZERO).concatWith(Flux.never())
            : ScriptedWorker.answer(request, ANSWER, Integer.MAX_VALUE, Duration.ZERO));

    assertThat(json(ask(Map.of())).at("/choices/0/message/content").asString()).isEqualTo(ANSWER);
  }

  @Test
  void aSilentRegistryCostsAffinityOnly() {
    router.registry.silent(true);
    both(request -> ScriptedWorker.answer(request, ANSWER, Integer.MAX_VALUE, Duration.ZERO));

    for (int i = 0; i < 8; i++) {
      assertThat(ask(Map.of()).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void withoutAPrefillWorkerTheDecodeWorkerComputesThePrompt() {
    router.show(router.first);
    router.first.answers(ANSWER);

    ask(Map.of("max_tokens", 100));

    assertThat(router.first.requests())
        .extracting(r -> r.path())
        .isEqualTo(List.of(GenerationPath.DECODE_LOCAL));
  }
}
