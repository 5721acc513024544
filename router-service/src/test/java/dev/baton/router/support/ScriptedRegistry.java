package dev.baton.router.support;

import dev.baton.contracts.Directory;
import dev.baton.contracts.PrefixMatches;
import dev.baton.contracts.WireCodec;
import dev.baton.contracts.WorkerView;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerResponse;

/** A registry that speaks the internal API over real sockets and knows what it is told. */
public final class ScriptedRegistry implements AutoCloseable {
  private final DisposableServer server;
  private volatile List<WorkerView> workers = List.of();
  private volatile Map<Integer, Integer> residency = Map.of();
  private volatile boolean silent;

  public ScriptedRegistry() {
    server =
        HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .route(routes ->
                routes
                    .get(
                        "/internal/v1/workers",
                        (request, response) ->
                            answer(response, new Directory(Directory.VERSION, workers)))
                    .post(
                        "/internal/v1/prefix-queries",
                        (request, response) ->
                            request
                                .receive()
                                .then()
                                .then(
                                    answer(
                                        response,
                                        new PrefixMatches(PrefixMatches.VERSION, residency)))))
            .bindNow();
  }

  private Mono<Void> answer(HttpServerResponse response, Object record) {
    return Mono.defer(() ->
        silent
            ? response.status(500).send()
            : response
                .header("Content-Type", "application/json")
                .sendByteArray(Mono.just(WireCodec.toJson(record)))
                .then());
  }

  public String url() {
    return "http://127.0.0.1:" + server.port();
  }

  public void workers(WorkerView... views) {
    workers = List.of(views);
  }

  /** Lane → leading blocks that its worker is said to hold, whatever the prompt. */
  public void residency(Map<Integer, Integer> blocks) {
    residency = blocks;
  }

  public void silent(boolean now) {
    silent = now;
  }

  @Override
  public void close() {
    server.disposeNow(Duration.ofSeconds(2));
  }
}
