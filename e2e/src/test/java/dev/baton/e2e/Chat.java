package dev.baton.e2e;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Chat completions as a client of the OpenAI API sends them. */
final class Chat {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Duration DEADLINE = Duration.ofMinutes(3);

  private final URI router;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  Chat(URI router) {
    this.router = router;
  }

  /** How tokens are chosen: greedy for a null seed. */
  record Sampling(double temperature, Long seed) {
    static final Sampling GREEDY = new Sampling(0, 0L);

    static Sampling seeded(long seed) {
      return new Sampling(0.9, seed);
    }
  }

  /** An answer: its tokens with their log probabilities as the API writes them, and the usage. */
  record Answer(List<String> tokens, int promptTokens, int cachedTokens, String finish) {}

  CompletableFuture<Answer> ask(String prompt, int maxTokens, Sampling sampling) {
    return http.sendAsync(
            request(body(prompt, maxTokens, sampling, false)), HttpResponse.BodyHandlers.ofString())
        .thenApply(Chat::parse);
  }

  Answer askNow(String prompt, int maxTokens, Sampling sampling) {
    return ask(prompt, maxTokens, sampling).join();
  }

  HttpRequest request(String body) {
    return HttpRequest.newBuilder(router.resolve("/v1/chat/completions"))
        .timeout(DEADLINE)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  String body(String prompt, int maxTokens, Sampling sampling, boolean stream) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("model", "deal-analyst");
    body.put("messages", List.of(Map.of("role", "user", "content", prompt)));
    body.put("max_tokens", maxTokens);
    body.put("temperature", sampling.temperature());
    body.put("seed", sampling.seed());
    body.put("logprobs", true);
    body.put("stream", stream);
    return JSON.writeValueAsString(body);
  }

  HttpResponse<String> send(String body) throws IOException, InterruptedException {
    return http.send(request(body), HttpResponse.BodyHandlers.ofString());
  }

  HttpClient http() {
    return http;
  }

  private static Answer parse(HttpResponse<String> response) {
    if (response.statusCode() != 200) {
      throw new IllegalStateException(response.statusCode() + ": " + response.body());
    }
    JsonNode answer = JSON.readTree(response.body());
    JsonNode choice = answer.path("choices").path(0);
    List<String> tokens = new ArrayList<>();
    for (JsonNode token : choice.path("logprobs").path("content")) {
      tokens.add(token.path("bytes") + " " + token.path("logprob").asString());
    }
    JsonNode usage = answer.path("usage");
    return new Answer(
        List.copyOf(tokens),
        usage.path("prompt_tokens").asInt(),
        usage.path("prompt_tokens_details").path("cached_tokens").asInt(),
        choice.path("finish_reason").asString());
  }
}
