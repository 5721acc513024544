package dev.baton.router.cluster;

import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.Directory;
import dev.baton.contracts.PrefixMatches;
import dev.baton.contracts.PrefixQuery;
import dev.baton.contracts.WireCodec;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.reactor.circuitbreaker.operator.CircuitBreakerOperator;
import java.time.Duration;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

/** Asks the registry; behind a circuit breaker, so that a dead one costs a request nothing. */
@Component
public class RegistryClient {
  private static final Duration DIRECTORY_TIMEOUT = Duration.ofSeconds(2);

  private final WebClient http;
  private final RegistryProperties properties;
  private final CircuitBreaker breaker;

  public RegistryClient(
      WebClient.Builder builder, RegistryProperties properties, CircuitBreakerRegistry breakers) {
    this.http = builder.baseUrl(properties.url().toString()).build();
    this.properties = properties;
    this.breaker = breakers.circuitBreaker("registry");
  }

  public Mono<Directory> directory() {
    return http.get()
        .uri("/internal/v1/workers")
        .retrieve()
        .bodyToMono(byte[].class)
        .map(body -> WireCodec.fromJson(body, Directory.class))
        .timeout(DIRECTORY_TIMEOUT);
  }

  /** Empty where the registry does not answer in time. */
  public Mono<PrefixMatches> longestPrefix(BlockHashes hashes) {
    return http.post()
        .uri("/internal/v1/prefix-queries")
        .contentType(MediaType.APPLICATION_JSON)
        .bodyValue(WireCodec.toJson(new PrefixQuery(PrefixQuery.VERSION, hashes)))
        .retrieve()
        .bodyToMono(byte[].class)
        .map(body -> WireCodec.fromJson(body, PrefixMatches.class))
        .timeout(properties.queryTimeout())
        .transformDeferred(CircuitBreakerOperator.of(breaker))
        .onErrorResume(failure -> Mono.empty());
  }
}
