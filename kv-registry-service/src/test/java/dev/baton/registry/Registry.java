package dev.baton.registry;

import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.Directory;
import dev.baton.contracts.HeartbeatReply;
import dev.baton.contracts.KvDtype;
import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.LaneGrant;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.PrefixMatches;
import dev.baton.contracts.PrefixQuery;
import dev.baton.contracts.Role;
import dev.baton.contracts.WireCodec;
import dev.baton.contracts.WorkerHeartbeat;
import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerLoad;
import dev.baton.contracts.WorkerRegistration;
import dev.baton.contracts.WorkerState;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The whole service in this JVM, spoken to over HTTP as a worker or the router does. */
final class Registry implements AutoCloseable {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final ConfigurableApplicationContext context;

  private Registry(ConfigurableApplicationContext context) {
    this.context = context;
  }

  static Registry start(String kafka, int redisPort, String... properties) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--server.port=0",
                "--spring.kafka.bootstrap-servers=" + kafka,
                "--logging.level.org.apache.kafka.clients=error",
                "--logging.level.io.lettuce=error",
                "--spring.data.redis.host=127.0.0.1",
                "--spring.data.redis.port=" + redisPort));
    for (String property : properties) {
      arguments.add("--" + property);
    }
    return new Registry(
        new SpringApplicationBuilder(RegistryApplication.class)
            .run(arguments.toArray(String[]::new)));
  }

  <T> T bean(Class<T> type) {
    return context.getBean(type);
  }

  HttpResponse<byte[]> call(String method, String path, byte[] body) {
    int port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
    try {
      return HTTP.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .timeout(Duration.ofSeconds(10))
              .header("Content-Type", "application/json")
              .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
              .build(),
          HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private <T> T read(HttpResponse<byte[]> response, Class<T> type) {
    if (response.statusCode() != 200) {
      throw new AssertionError(response.statusCode() + ": " + new String(response.body()));
    }
    return WireCodec.fromJson(response.body(), type);
  }

  static WorkerRegistration registration(String worker, Optional<LaneRef> previous) {
    return new WorkerRegistration(
        WorkerRegistration.VERSION,
        new WorkerId(worker),
        Role.DECODE,
        "m",
        new ModelFingerprint("00112233445566778899aabbccddeeff"),
        new KvLayout(1, 1, 16, 8, KvDtype.F32),
        URI.create("http://localhost:1"),
        new KvEndpoint("localhost", 1),
        1000,
        4096,
        previous);
  }

  HttpResponse<byte[]> tryRegister(String worker, Optional<LaneRef> previous) {
    return call("POST", "/internal/v1/workers", WireCodec.toJson(registration(worker, previous)));
  }

  LaneRef register(String worker) {
    return register(worker, Optional.empty());
  }

  LaneRef register(String worker, Optional<LaneRef> previous) {
    LaneGrant grant = read(tryRegister(worker, previous), LaneGrant.class);
    return new LaneRef(grant.worker(), grant.lane(), grant.epoch());
  }

  HttpResponse<byte[]> tryHeartbeat(LaneRef lane, long published) {
    return call(
        "POST",
        "/internal/v1/heartbeats",
        WireCodec.toJson(
            new WorkerHeartbeat(
                WorkerHeartbeat.VERSION,
                lane,
                WorkerState.READY,
                new WorkerLoad(1, 2, 3, 4, 5, 6),
                published)));
  }

  HeartbeatReply heartbeat(LaneRef lane, long published) {
    return read(tryHeartbeat(lane, published), HeartbeatReply.class);
  }

  int release(LaneRef lane) {
    return call(
            "DELETE",
            "/internal/v1/workers/" + lane.worker() + "?epoch=" + lane.epoch().value(),
            new byte[0])
        .statusCode();
  }

  Directory directory() {
    return read(call("GET", "/internal/v1/workers", new byte[0]), Directory.class);
  }

  HttpResponse<byte[]> tryPrefix(BlockHashes hashes) {
    return call(
        "POST",
        "/internal/v1/prefix-queries",
        WireCodec.toJson(new PrefixQuery(PrefixQuery.VERSION, hashes)));
  }

  PrefixMatches prefix(BlockHashes hashes) {
    return read(tryPrefix(hashes), PrefixMatches.class);
  }

  String metrics() {
    return new String(call("GET", "/actuator/prometheus", new byte[0]).body());
  }

  int readiness() {
    return call("GET", "/actuator/health/readiness", new byte[0]).statusCode();
  }

  @Override
  public void close() {
    context.close();
  }
}
