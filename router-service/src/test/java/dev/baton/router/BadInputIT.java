package dev.baton.router;

import static dev.baton.router.support.RunningRouter.chat;
import static dev.baton.router.support.RunningRouter.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.router.support.RunningRouter;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whatever a client sends, it gets a status and the one documented shape. */
class BadInputIT {
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";

  private RunningRouter router;

  @BeforeEach
  void start() {
    router = RunningRouter.shared();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/deals/analyses   | {\"memo\": \"\"}                              | 400 | memo",
        "/v1/deals/analyses   | {\"memo\": \"  \\n \"}                        | 400 | memo",
        "/v1/deals/analyses   | {\"memo\": 5}                                 | 400 | memo",
        "/v1/deals/analyses   | {\"text\": \"a deal\"}                        | 400 | memo",
        "/v1/deals/analyses   | {\"memo\": \"a deal\", \"stream\": \"yes\"}   | 400 | stream",
        "/v1/deals/analyses   | {\"memo\": \"a deal\", \"model\": \"nobody\"} | 404 | model",
        "/v1/deals/analyses   | {\"memo\": \"a \\ud800 deal\"}                | 400 | memo",
        "/v1/deals/analyses   | {\"memo\": \"a deal                           | 400 | ",
        "/v1/deals/analyses   | []                                            | 400 | ",
        "/v1/chat/completions | {\"model\":\"nobody\",MESSAGES}               | 404 | model",
        "/v1/chat/completions | {\"model\":\"deal-analyst\",MESSAGES,\"max_tokens\":-1} | 400 | max_tokens",
        "/v1/chat/completions | {\"model\":\"deal-analyst\",MESSAGES,\"max_tokens\":8192} | 400 | messages",
        "/v1/chat/completions | {\"model\":\"deal-analyst\",\"messages\":[]}  | 400 | messages",
        "/v1/chat/completions | {\"model\":\"deal-analyst\",MESSAGES,\"temperature\":3} | 400 | temperature",
        "/v1/chat/completions | {\"model\":\"deal-analyst\",MESSAGES,\"tools\":[{}]} | 400 | tools",
        "/v1/nowhere          | {}                                            | 404 | "
      })
  void aBadRequestNamesTheParameter(String path, String body, int status, String param) {
    HttpResponse<String> response =
        router.send(router.post(path, body.replace("MESSAGES", MESSAGES)));

    assertError(response, status);
    assertThat(json(response).at("/error/param").asString(null)).isEqualTo(param);
  }

  @Test
  void invalidUtf8IsRefused() {
    HttpResponse<String> response =
        router.send(
            router
                .request("/v1/deals/analyses")
                .header("Content-Type", "application/json")
                .POST(
                    HttpRequest.BodyPublishers.ofByteArray(
                        new byte[] {
                          '{', '"', 'm', 'e', 'm', 'o', '"', ':', '"', (byte) 0xff, '"', '}'
                        })));

    assertError(response, 400);
    assertThat(json(response).at("/error/code").asString()).isEqualTo("invalid_utf8");
  }

  @Test
  void aMegabyteBeyondTheContextIsRefusedWithTheLimitNamed() {
    String memo = "The company grew and grew. ".repeat(40_000);
    HttpResponse<String> response =
        router.send(
            router.post(
                "/v1/deals/analyses",
                JsonMapper.shared().writeValueAsString(Map.of("memo", memo))));

    assertError(response, 400);
    assertThat(json(response).at("/error/code").asString()).isEqualTo("context_length_exceeded");
    assertThat(response.body()).contains("8192");
  }

  @Test
  void aBodyBeyondTheLimitIsRefusedWithTheLimitNamed() {
    HttpResponse<String> response =
        router.send(
            router.post("/v1/deals/analyses", "{\"memo\":\"" + "x".repeat(5_000_000) + "\"}"));

    assertError(response, 413);
    assertThat(response.body()).contains("4194304");
  }

  @Test
  void anotherMediaTypeIsA415() {
    assertError(
        router.send(
            router
                .request("/v1/chat/completions")
                .header("Content-Type", "application/xml")
                .POST(HttpRequest.BodyPublishers.ofString("<a/>"))),
        415);
  }

  @Test
  void anotherMethodIsA405ThatNamesTheRightOne() {
    HttpResponse<String> response = router.get("/v1/chat/completions");

    assertError(response, 405);
    assertThat(response.headers().firstValue("Allow").orElse("")).contains("POST");
    HttpResponse<String> head =
        router.send(
            router
                .request("/v1/deals/analyses")
                .method("HEAD", HttpRequest.BodyPublishers.noBody()));
    assertThat(head.statusCode()).isEqualTo(405);
    assertThat(head.body()).isEmpty();
  }

  @Test
  void aWrongKeyAndNoKeyAreA401() {
    HttpRequest.Builder noKey =
        HttpRequest.newBuilder(router.uri.resolve("/v1/chat/completions"))
            .POST(HttpRequest.BodyPublishers.ofString(chat("x", Map.of())));
    assertError(router.send(noKey), 401);
    HttpRequest.Builder wrong =
        router
            .post("/v1/chat/completions", chat("x", Map.of()))
            .setHeader("Authorization", "Bearer no");
    assertError(router.send(wrong), 401);
    HttpRequest.Builder encoded = HttpRequest.newBuilder(router.uri.resolve("/%761/models")).GET();
    assertThat(router.send(encoded).statusCode()).isIn(401, 404);
  }

  private static void assertError(HttpResponse<String> response, int status) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode error = json(response).path("error");
    assertThat(error.propertyNames()).containsExactlyInAnyOrder("message", "type", "param", "code");
    assertThat(error.path("message").asString(""))
        .isNotBlank()
        .doesNotContain("Exception", "dev.baton");
    assertThat(error.path("type").asString("")).isNotBlank();
    assertThat(response.headers().firstValue("X-Request-Id")).isPresent();
  }
}
