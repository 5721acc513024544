package dev.baton.router.generation;

import dev.baton.contracts.PrefillRequest;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.Role;
import dev.baton.contracts.ServiceClass;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import dev.baton.contracts.WorkerState;
import dev.baton.contracts.WorkerView;
import dev.baton.router.cluster.Cluster;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.reactor.circuitbreaker.operator.CircuitBreakerOperator;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The prefill tier as the router reaches it: the queue, and cancellation by broadcast. */
@Component
class PrefillTier implements DisposableBean {
  private static final Logger log = LoggerFactory.getLogger(PrefillTier.class);
  private static final Duration CANCEL_TIMEOUT = Duration.ofSeconds(2);

  private final RecordSender sender;
  private final WebClient http;
  private final Cluster cluster;
  private final CircuitBreaker breaker;
  private final Duration queueTimeout;

  PrefillTier(
      KafkaTemplate<String, byte[]> kafka,
      WebClient.Builder builder,
      Cluster cluster,
      CircuitBreakerRegistry breakers,
      GenerationProperties properties) {
    this.sender = new RecordSender(kafka, "prefill-queue", 16, properties.maxConcurrent());
    this.http = builder.build();
    this.cluster = cluster;
    this.breaker = breakers.circuitBreaker("prefill-queue");
    this.queueTimeout = properties.queueTimeout();
  }

  /** Why the tier cannot compute a prompt of this model now; empty where it can. */
  Optional<String> obstacle(String model) {
    if (workers()
        .filter(view -> view.state() == WorkerState.READY)
        .noneMatch(view -> view.registration().model().equals(model))) {
      return Optional.of("no prefill worker is alive");
    }
    return breaker.getState() == CircuitBreaker.State.OPEN
        ? Optional.of("the prefill queue does not answer")
        : Optional.empty();
  }

  /** Whether nobody is left who could work on a request of this model, not even one that drains. */
  boolean isGone(String model) {
    return workers().noneMatch(view -> view.registration().model().equals(model));
  }

  /** Completes once Kafka has the request; a failure is the queue's, not the worker's. */
  Mono<Void> submit(ServiceClass serviceClass, PrefillRequest request) {
    return sender
        .send(Topics.prefill(serviceClass), request.request().value(), WireCodec.toCbor(request))
        .timeout(queueTimeout)
        .transformDeferred(CircuitBreakerOperator.of(breaker))
        .onErrorMap(failure ->
            new AttemptFailedException(AttemptFailedException.QUEUE, failure.toString(), true));
  }

  /** Tells every prefill worker to forget the request; does not wait. */
  void cancel(RequestId request) {
    Flux.fromStream(workers())
        .flatMap(view ->
            http.delete()
                .uri(
                    view.registration().http().resolve("/internal/v1/sequences/" + request.value()))
                .retrieve()
                .toBodilessEntity()
                .timeout(CANCEL_TIMEOUT)
                .onErrorResume(failure -> {
                  log.debug("cancel at {}: {}", view.registration().worker(), failure.toString());
                  return Mono.empty();
                }))
        .subscribe();
  }

  private Stream<WorkerView> workers() {
    return cluster.workers().stream().filter(view -> view.registration().role() == Role.PREFILL);
  }

  @Override
  public void destroy() {
    sender.close();
  }
}
