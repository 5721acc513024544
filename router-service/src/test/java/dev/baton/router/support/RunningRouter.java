package dev.baton.router.support;

import dev.baton.contracts.Role;
import dev.baton.contracts.WorkerView;
import dev.baton.localstack.servers.RealKafka;
import dev.baton.router.RouterApplication;
import dev.baton.router.cluster.Cluster;
import dev.baton.router.text.DemoModel;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.http.client.ReactorResourceFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The whole router against a real Kafka, with a scripted registry and scripted workers. Shared by
 * all tests of a JVM; {@link #reset} brings it back to one prefill and two decode workers.
 */
public final class RunningRouter {
  public static final String ALICE = "key-of-alice";
  public static final String BOB = "key-of-bob";

  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static RunningRouter shared;
  private static boolean failed;

  public final RealKafka kafka = RealKafka.start();
  public final ScriptedRegistry registry = new ScriptedRegistry();
  public final ScriptedWorker prefill = new ScriptedWorker("prefill-0", Role.PREFILL, 0);
  public final ScriptedWorker first = new ScriptedWorker("decode-1", Role.DECODE, 1);
  public final ScriptedWorker second = new ScriptedWorker("decode-2", Role.DECODE, 2);
  public final ConfigurableApplicationContext context;
  public final URI uri;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  public static synchronized RunningRouter shared() {
    if (failed) {
      throw new IllegalStateException("the router did not start for an earlier test");
    }
    if (shared == null) {
      failed = true;
      shared = new RunningRouter();
      failed = false;
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(() -> {
                shared.context.close();
                shared.kafka.close();
              }));
    }
    return shared.reset();
  }

  private RunningRouter() {
    context = start(registry.url(), kafka.bootstrapServers());
    uri =
        URI.create("http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port"));
  }

  /** A router with two tenants and short waits. */
  public static ConfigurableApplicationContext start(
      String registry, String kafka, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--server.port=0",
                "--spring.main.banner-mode=off",
                "--logging.structured.format.console=",
                "--spring.kafka.bootstrap-servers=" + kafka,
                "--baton.registry.url=" + registry,
                "--baton.registry.poll=50ms",
                "--baton.router.models[0].name=deal-analyst",
                "--baton.router.models[0].directory=" + DemoModel.DIRECTORY,
                "--baton.router.api-keys[0].key=" + ALICE,
                "--baton.router.api-keys[0].tenant=alice",
                "--baton.router.api-keys[1].key=" + BOB,
                "--baton.router.api-keys[1].tenant=bob",
                "--baton.router.generation.timeout=4s",
                "--baton.router.generation.worker-wait=600ms",
                "--baton.router.generation.accept-timeout=1s",
                "--baton.router.generation.idle-timeout=1s",
                "--baton.router.http.body-timeout=2s"));
    arguments.addAll(List.of(more));
    SpringApplication application = new SpringApplication(RouterApplication.class);
    application.addInitializers(RunningRouter::useOwnEventLoops);
    return application.run(arguments.toArray(String[]::new));
  }

  /** Else closing one router would stop the event loops of every other in this JVM. */
  private static void useOwnEventLoops(ConfigurableApplicationContext context) {
    ((GenericApplicationContext) context)
        .registerBean(
            ReactorResourceFactory.class,
            () -> {
              ReactorResourceFactory own = new ReactorResourceFactory();
              own.setUseGlobalResources(false);
              return own;
            });
  }

  public RunningRouter reset() {
    registry.silent(false);
    registry.residency(Map.of());
    prefill.reset();
    first.reset();
    second.reset();
    return show(prefill, first, second);
  }

  /** Lets the registry show these workers, and waits until the router has seen that. */
  public RunningRouter show(ScriptedWorker... workers) {
    return show(Arrays.stream(workers).map(ScriptedWorker::view).toArray(WorkerView[]::new));
  }

  public RunningRouter show(WorkerView... workers) {
    registry.workers(workers);
    Cluster cluster = context.getBean(Cluster.class);
    Awaitility.await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> seen(cluster.workers()).equals(seen(List.of(workers))));
    return this;
  }

  private static List<Object> seen(List<WorkerView> workers) {
    return workers.stream().<Object>map(view -> List.of(view.ref(), view.load())).toList();
  }

  public HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(uri.resolve(path))
        .timeout(LIMIT)
        .header("Authorization", "Bearer " + ALICE);
  }

  public HttpRequest.Builder post(String path, String json) {
    return request(path)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(json));
  }

  public HttpResponse<String> send(HttpRequest.Builder request) {
    return send(request, HttpResponse.BodyHandlers.ofString());
  }

  public HttpResponse<InputStream> stream(HttpRequest.Builder request) {
    return send(request, HttpResponse.BodyHandlers.ofInputStream());
  }

  private <T> HttpResponse<T> send(
      HttpRequest.Builder request, HttpResponse.BodyHandler<T> handler) {
    try {
      return http.send(request.build(), handler);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  public HttpResponse<String> get(String path) {
    return send(request(path).GET());
  }

  public static JsonNode json(HttpResponse<String> response) {
    return JSON.readTree(response.body());
  }

  /** A chat request with one user message. */
  public static String chat(String content, Map<String, Object> more) {
    Map<String, Object> body = new java.util.LinkedHashMap<>(more);
    body.putIfAbsent("model", "deal-analyst");
    body.put("messages", List.of(Map.of("role", "user", "content", content)));
    return JSON.writeValueAsString(body);
  }

  /** Data of every server-sent event, in order. */
  public static List<String> data(String events) {
    return events
        .lines()
        .filter(line -> line.startsWith("data: "))
        .map(line -> line.substring(6))
        .toList();
  }

  /** The text of a streamed chat answer. */
  public static String text(String events) {
    var text = new StringBuilder();
    for (String data : data(events)) {
      if (data.startsWith("{")) {
        text.append(
            JSON.readTree(data).path("choices").path(0).path("delta").path("content").asString(""));
      }
    }
    return text.toString();
  }
}
