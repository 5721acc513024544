package dev.baton.localstack.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Streams chat completions and takes the times that a client sees. Thread-safe. */
final class StreamedChat {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Duration DEADLINE = Duration.ofMinutes(2);

  private final URI router;
  private final String model;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  StreamedChat(URI router, String model) {
    this.router = router;
    this.model = model;
  }

  /**
   * What came.
   *
   * @param ttftMillis from sending the request to the first token
   * @param explanation as {@code GET /v1/requests/{id}} answers it
   */
  record Answer(double ttftMillis, int promptTokens, int cachedTokens, JsonNode explanation) {}

  /** The tenant's name is its API key. */
  Answer ask(Workload.Prompt prompt, int maxTokens) throws IOException, InterruptedException {
    String body =
        JSON.writeValueAsString(
            Map.of(
                "model",
                model,
                "messages",
                List.of(Map.of("role", "user", "content", prompt.text())),
                "max_tokens",
                maxTokens,
                "temperature",
                0,
                "logprobs",
                true,
                "stream",
                true,
                "stream_options",
                Map.of("include_usage", true)));
    long started = System.nanoTime();
    HttpResponse<Stream<String>> response =
        http.send(
            request("/v1/chat/completions", prompt.tenant())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofLines());
    if (response.statusCode() != 200) {
      throw new IOException(
          "%d: %s".formatted(response.statusCode(), response.body().findFirst().orElse("")));
    }
    String id = "";
    long first = 0;
    JsonNode usage = JSON.missingNode();
    try (Stream<String> lines = response.body()) {
      for (Iterator<String> line = lines.iterator(); line.hasNext(); ) {
        JsonNode chunk = chunk(line.next());
        if (chunk.has("error")) {
          throw new IOException(chunk.toString());
        }
        id = chunk.path("id").asString(id);
        if (first == 0 && !chunk.at("/choices/0/logprobs/content").isEmpty()) {
          first = System.nanoTime();
        }
        usage = chunk.path("usage").isObject() ? chunk.path("usage") : usage;
      }
    }
    if (first == 0 || usage.isMissingNode()) {
      throw new IOException("the stream ended without a token or without its usage");
    }
    return new Answer(
        (first - started) / 1e6,
        usage.path("prompt_tokens").asInt(),
        usage.at("/prompt_tokens_details/cached_tokens").asInt(),
        explain(id, prompt.tenant()));
  }

  private JsonNode explain(String id, String tenant) throws IOException, InterruptedException {
    HttpResponse<String> response =
        http.send(
            request("/v1/requests/" + id, tenant).GET().build(),
            HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(response.statusCode() + ": " + response.body());
    }
    return JSON.readTree(response.body());
  }

  private HttpRequest.Builder request(String path, String tenant) {
    return HttpRequest.newBuilder(router.resolve(path))
        .timeout(DEADLINE)
        .header("Authorization", "Bearer " + tenant);
  }

  private static JsonNode chunk(String line) {
    return line.startsWith("data: {")
        ? JSON.readTree(line.substring("data: ".length()))
        : JSON.missingNode();
  }
}
