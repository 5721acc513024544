package dev.baton.router;

import static dev.baton.router.support.RunningRouter.chat;
import static dev.baton.router.support.RunningRouter.data;
import static dev.baton.router.support.RunningRouter.json;
import static dev.baton.router.support.RunningRouter.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.router.support.RunningRouter;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Chat completions, as an OpenAI client sees them. */
class ChatIT {
  private static final String ANSWER = "The target’s revenue grew by 12.4 %: a clear proceed.";
  private static final String PATH = "/v1/chat/completions";

  private RunningRouter router;

  @BeforeEach
  void start() {
    router = RunningRouter.shared();
    router.first.answers(ANSWER);
    router.second.answers(ANSWER);
  }

  @Test
  void aWholeAnswerHasTextUsageAndId() {
    HttpResponse<String> response = router.send(router.post(PATH, chat("Well?", Map.of())));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    JsonNode answer = json(response);
    assertThat(answer.path("object").asString()).isEqualTo("chat.completion");
    assertThat(answer.at("/choices/0/message/content").asString()).isEqualTo(ANSWER);
    assertThat(answer.at("/choices/0/finish_reason").asString()).isEqualTo("stop");
    int prompt = answer.at("/usage/prompt_tokens").asInt();
    int completion = answer.at("/usage/completion_tokens").asInt();
    assertThat(prompt).isPositive();
    assertThat(completion).isGreaterThan(5);
    assertThat(answer.at("/usage/total_tokens").asInt()).isEqualTo(prompt + completion);
    assertThat(answer.path("id").asString())
        .isEqualTo(response.headers().firstValue("X-Request-Id").orElseThrow());
  }

  @Test
  void aStreamBeginsWithTheRoleAndEndsWithUsageAndDone() {
    HttpResponse<String> response =
        router.send(
            router.post(
                PATH,
                chat(
                    "Well?",
                    Map.of("stream", true, "stream_options", Map.of("include_usage", true)))));

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type").orElse(""))
        .startsWith("text/event-stream");
    List<String> data = data(response.body());
    assertThat(text(response.body())).isEqualTo(ANSWER);
    JsonMapper mapper = JsonMapper.shared();
    assertThat(mapper.readTree(data.getFirst()).at("/choices/0/delta/role").asString())
        .isEqualTo("assistant");
    assertThat(data.getLast()).isEqualTo("[DONE]");
    JsonNode usage = mapper.readTree(data.get(data.size() - 2));
    assertThat(usage.path("choices").size()).isZero();
    assertThat(usage.at("/usage/completion_tokens").asInt()).isGreaterThan(5);
    assertThat(mapper.readTree(data.get(data.size() - 3)).at("/choices/0/finish_reason").asString())
        .isEqualTo("stop");
  }

  @Test
  void maxTokensEndsTheAnswerForLength() {
    HttpResponse<String> response =
        router.send(router.post(PATH, chat("Well?", Map.of("max_tokens", 3))));

    assertThat(json(response).at("/choices/0/finish_reason").asString()).isEqualTo("length");
    assertThat(json(response).at("/usage/completion_tokens").asInt()).isEqualTo(3);
  }

  @Test
  void aStopStringIsNotShownAndCountsAsSuccess() {
    HttpResponse<String> response =
        router.send(router.post(PATH, chat("Well?", Map.of("stop", "grew"))));

    assertThat(json(response).at("/choices/0/message/content").asString())
        .isEqualTo("The target’s revenue ");
    assertThat(json(response).at("/choices/0/finish_reason").asString()).isEqualTo("stop");
    String id = json(response).path("id").asString();
    assertThat(json(router.get("/v1/requests/" + id)).path("outcome").asString())
        .isEqualTo("completed");
  }

  @Test
  void aClientsOwnRequestIdBeginsTheName() {
    HttpResponse<String> response =
        router.send(router.post(PATH, chat("Well?", Map.of())).header("X-Request-Id", "deal-7"));

    assertThat(response.headers().firstValue("X-Request-Id").orElseThrow()).startsWith("deal-7-");
    assertThat(json(response).path("id").asString()).startsWith("deal-7-");
  }

  @Test
  void modelsAreThoseConfigured() {
    assertThat(json(router.get("/v1/models")).at("/data/0/id").asString())
        .isEqualTo("deal-analyst");
    assertThat(json(router.get("/v1/models/deal-analyst")).path("object").asString())
        .isEqualTo("model");
    assertThat(router.get("/v1/models/other").statusCode()).isEqualTo(404);
  }
}
