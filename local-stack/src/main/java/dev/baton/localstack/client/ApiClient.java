package dev.baton.localstack.client;

import dev.baton.contracts.WorkerStats;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import tools.jackson.databind.json.JsonMapper;

/** Talks to a router. Thread-safe. */
public final class ApiClient {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final ScheduledExecutorService DEADLINES =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("client-deadlines").factory());

  private final URI router;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT).build();

  public ApiClient(URI router) {
    this.router = router;
  }

  public URI router() {
    return router;
  }

  /**
   * Analyses a memo, handing over the answer's text as it is generated.
   *
   * @param onText called on this thread with each piece
   * @param deadline for the whole analysis
   * @throws ApiException when the API answers with an error
   * @throws IOException when the connection breaks, the stream ends early or the deadline passes
   */
  public Analysis analyse(String memo, Consumer<String> onText, Duration deadline)
      throws ApiException, IOException, InterruptedException {
    String body = JSON.writeValueAsString(Map.of("memo", memo, "stream", true));
    HttpResponse<InputStream> response =
        http.send(
            post("/v1/deals/analyses", body, deadline), HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream stream = response.body();
        BodyDeadline limit = new BodyDeadline(stream, deadline)) {
      if (response.statusCode() != 200) {
        throw ApiException.parse(
            response.statusCode(), new String(stream.readAllBytes(), StandardCharsets.UTF_8));
      }
      try {
        return readAnalysis(new ServerSentEvents(stream), onText);
      } catch (IOException e) {
        throw limit.passed() ? new IOException("no answer within " + deadline, e) : e;
      }
    }
  }

  private static Analysis readAnalysis(ServerSentEvents events, Consumer<String> onText)
      throws ApiException, IOException {
    Optional<ServerSentEvents.Event> next;
    while ((next = events.next()).isPresent()) {
      ServerSentEvents.Event event = next.get();
      switch (event.type()) {
        case "delta" -> onText.accept(JSON.readTree(event.data()).path("text").asString(""));
        case "analysis" -> {
          return Analysis.parse(event.data());
        }
        case "error" -> throw ApiException.parse(200, event.data());
        default -> {
          // An event of a later version of the API.
        }
      }
    }
    throw new IOException("the stream ended before the analysis");
  }

  /** A POST of JSON; whatever the status, the answer is returned. */
  public HttpResponse<String> post(String path, String json)
      throws IOException, InterruptedException {
    return http.send(post(path, json, Duration.ofMinutes(2)), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest post(String path, String json, Duration deadline) {
    return HttpRequest.newBuilder(router.resolve(path))
        .timeout(deadline)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(json))
        .build();
  }

  /**
   * A GET of any address, relative to the router or absolute; whatever the status, the answer is
   * returned.
   */
  public HttpResponse<String> get(String address) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(router.resolve(address))
            .timeout(Duration.ofSeconds(30))
            .GET()
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** The counters of the worker at this base address. */
  public WorkerStats stats(URI worker) throws IOException, InterruptedException {
    HttpResponse<String> response = get(worker.resolve("/internal/v1/stats").toString());
    if (response.statusCode() != 200) {
      throw new IOException(worker + " answered " + response.statusCode() + ": " + response.body());
    }
    return JSON.readValue(response.body(), WorkerStats.class);
  }

  /** Closes a body that is still being read when its time is over: the reader gets an exception. */
  private static final class BodyDeadline implements AutoCloseable {
    private final AtomicBoolean passed = new AtomicBoolean();
    private final ScheduledFuture<?> alarm;

    BodyDeadline(InputStream body, Duration limit) {
      alarm =
          DEADLINES.schedule(
              () -> {
                passed.set(true);
                try {
                  body.close();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              },
              limit.toMillis(),
              TimeUnit.MILLISECONDS);
    }

    boolean passed() {
      return passed.get();
    }

    @Override
    public void close() {
      alarm.cancel(false);
    }
  }
}
