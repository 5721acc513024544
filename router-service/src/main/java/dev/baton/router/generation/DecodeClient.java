package dev.baton.router.generation;

import dev.baton.contracts.GenerateRequest;
import dev.baton.contracts.TokenEvent;
import dev.baton.contracts.WireCodec;
import dev.baton.contracts.WorkerView;
import io.netty.channel.ChannelOption;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/** Opens token streams on decode workers. Every failure is an {@link AttemptFailedException}. */
@Component
class DecodeClient implements DisposableBean {
  private static final int MAX_CONNECTIONS = 2048;

  private final ConnectionProvider pool;
  private final WebClient http;

  DecodeClient(WebClient.Builder builder, GenerationProperties properties) {
    this.pool =
        ConnectionProvider.builder("decode")
            .maxConnections(MAX_CONNECTIONS)
            .pendingAcquireTimeout(properties.acceptTimeout())
            .maxIdleTime(Duration.ofSeconds(20))
            .build();
    HttpClient client =
        HttpClient.create(pool)
            .option(
                ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) properties.acceptTimeout().toMillis());
    this.http = builder.clientConnector(new ReactorClientHttpConnector(client)).build();
  }

  /** Cancelling the stream closes the connection, which cancels the generation on the worker. */
  Flux<TokenEvent> open(WorkerView worker, GenerateRequest request) {
    return http.post()
        .uri(worker.registration().http().resolve("/internal/v1/generations"))
        .contentType(MediaType.APPLICATION_JSON)
        .accept(MediaType.APPLICATION_NDJSON)
        .bodyValue(WireCodec.toJson(request))
        .exchangeToFlux(DecodeClient::events)
        .onErrorMap(
            failure -> !(failure instanceof AttemptFailedException),
            failure -> new AttemptFailedException("connection_lost", failure.toString(), true));
  }

  /** One event a line; the last line may lack its end. */
  private static Flux<TokenEvent> events(ClientResponse response) {
    if (!response.statusCode().is2xxSuccessful()) {
      return response
          .bodyToMono(String.class)
          .defaultIfEmpty("")
          .flatMapMany(body -> Flux.error(refused(response.statusCode(), body)));
    }
    return response
        .bodyToFlux(String.class)
        .filter(line -> !line.isBlank())
        .map(line -> WireCodec.fromJson(line.getBytes(StandardCharsets.UTF_8), TokenEvent.class));
  }

  private static AttemptFailedException refused(HttpStatusCode status, String body) {
    boolean retryable = status.is5xxServerError() || status.value() == 409 || status.value() == 429;
    return new AttemptFailedException("refused_" + status.value(), body, retryable);
  }

  @Override
  public void destroy() {
    pool.dispose();
  }
}
