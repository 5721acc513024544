package dev.baton.router.support;

import dev.baton.contracts.FinishReason;
import dev.baton.contracts.GenerateRequest;
import dev.baton.contracts.GenerationTimings;
import dev.baton.contracts.PrefillTimings;
import dev.baton.contracts.Role;
import dev.baton.contracts.SampledToken;
import dev.baton.contracts.TokenEvent;
import dev.baton.contracts.WireCodec;
import dev.baton.contracts.WorkerView;
import dev.baton.router.text.DemoModel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** A worker that speaks the internal API over real sockets and generates what it is told to. */
public final class ScriptedWorker implements AutoCloseable {
  private final String id;
  private final Role role;
  private final int lane;
  private final DisposableServer server;
  private final List<GenerateRequest> requests = new CopyOnWriteArrayList<>();
  private final List<String> cancelled = new CopyOnWriteArrayList<>();
  private final AtomicInteger open = new AtomicInteger();
  private volatile Function<GenerateRequest, Flux<TokenEvent>> script = request -> Flux.never();
  private volatile int refusal;

  public ScriptedWorker(String id, Role role, int lane) {
    this.id = id;
    this.role = role;
    this.lane = lane;
    this.server =
        HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .route(routes ->
                routes
                    .post(
                        "/internal/v1/generations",
                        (request, response) -> {
                          open.incrementAndGet();
                          request.withConnection(connection ->
                              connection
                                  .onTerminate()
                                  .doFinally(s -> open.decrementAndGet())
                                  .subscribe());
                          return request
                              .receive()
                              .aggregate()
                              .asByteArray()
                              .flatMap(body -> {
                                GenerateRequest generate =
                                    WireCodec.fromJson(body, GenerateRequest.class);
                                requests.add(generate);
                                if (refusal > 0) {
                                  return response.status(refusal).send();
                                }
                                return response
                                    .header("Content-Type", "application/x-ndjson")
                                    .sendObject(
                                        script.apply(generate).map(ScriptedWorker::line),
                                        message -> true)
                                    .then();
                              });
                        })
                    .delete(
                        "/internal/v1/sequences/{id}",
                        (request, response) -> {
                          cancelled.add(request.param("id"));
                          return response.status(204).send();
                        }))
            .bindNow();
  }

  private static ByteBuf line(TokenEvent event) {
    return Unpooled.wrappedBuffer(WireCodec.toJson(event), new byte[] {'\n'});
  }

  public WorkerView view() {
    return Workers.of(id, role, lane, URI.create("http://127.0.0.1:" + server.port()));
  }

  public ScriptedWorker reset() {
    requests.clear();
    cancelled.clear();
    refusal = 0;
    script = request -> Flux.never();
    return this;
  }

  public void script(Function<GenerateRequest, Flux<TokenEvent>> next) {
    script = next;
  }

  /** From now on every generation is refused with this status. */
  public void refuse(int status) {
    refusal = status;
  }

  public List<GenerateRequest> requests() {
    return requests;
  }

  /** Requests that this worker was told to forget. */
  public List<String> cancelled() {
    return cancelled;
  }

  /** Connections with a generation on them. */
  public int open() {
    return open.get();
  }

  /** Answers with this text, of which {@code request.tokens()} may already hold a part. */
  public void answers(String text) {
    script(request -> answer(request, text, Integer.MAX_VALUE, Duration.ZERO));
  }

  /** The tokens of a text that the request still lacks, {@code most} at most, then the end. */
  public static Flux<TokenEvent> answer(
      GenerateRequest request, String text, int most, Duration pause) {
    int[] all = DemoModel.tokens(text);
    int sent = request.tokens().size() - request.promptLength();
    int length = Math.min(all.length, request.stop().maxTokens());
    Flux<TokenEvent> tokens =
        Flux.fromStream(() ->
            IntStream.range(sent, length)
                .limit(most)
                .mapToObj(i -> token(request.promptLength() + i, all[i])));
    if (!pause.isZero()) {
      tokens = tokens.delayElements(pause);
    }
    Flux<TokenEvent> begin = Flux.just(accepted(request));
    if (length - sent > most) {
      return begin.concatWith(tokens);
    }
    FinishReason reason = length < all.length ? FinishReason.LENGTH : FinishReason.STOP;
    return begin.concatWith(tokens).concatWith(Mono.fromSupplier(() -> finished(reason, length)));
  }

  public static TokenEvent accepted(GenerateRequest request) {
    return new TokenEvent.Accepted(request.request(), request.attempt(), request.target());
  }

  public static TokenEvent token(int position, int id) {
    return new TokenEvent.Token(position, new SampledToken(id, -0.5f, List.of()));
  }

  public static TokenEvent finished(FinishReason reason, int outputTokens) {
    return new TokenEvent.Finished(
        reason,
        outputTokens,
        new GenerationTimings(
            new PrefillTimings(
                Duration.ofMillis(3), Duration.ofMillis(20), Duration.ofMillis(4), 100, 0, 0),
            dev.baton.contracts.GenerationPath.DISAGGREGATED,
            Duration.ofMillis(2),
            4096,
            "shm",
            16,
            Duration.ofMillis(30),
            List.of()));
  }

  @Override
  public void close() {
    server.disposeNow(Duration.ofSeconds(2));
  }
}
