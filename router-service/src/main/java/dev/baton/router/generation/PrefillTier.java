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
import dev.baton.router.errors.ApiException;
import java.time.Duration;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The prefill tier as the router reaches it: the queue, and cancellation by broadcast. */
@Component
class PrefillTier {
  private static final Logger log = LoggerFactory.getLogger(PrefillTier.class);
  private static final Duration CANCEL_TIMEOUT = Duration.ofSeconds(2);

  private final KafkaTemplate<String, byte[]> kafka;
  private final WebClient http;
  private final Cluster cluster;

  PrefillTier(KafkaTemplate<String, byte[]> kafka, WebClient.Builder builder, Cluster cluster) {
    this.kafka = kafka;
    this.http = builder.build();
    this.cluster = cluster;
  }

  boolean isAlive(String model) {
    return workers().anyMatch(view -> view.registration().model().equals(model));
  }

  /** Completes once Kafka has the request. */
  Mono<Void> submit(ServiceClass serviceClass, PrefillRequest request) {
    return Mono.fromFuture(() ->
            kafka.send(
                Topics.prefill(serviceClass), request.request().value(), WireCodec.toCbor(request)))
        .onErrorMap(failure ->
            ApiException.unavailable(
                "queue_unavailable",
                "The prefill queue does not take requests now.",
                Duration.ofSeconds(5)))
        .then();
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
    return cluster.workers().stream()
        .filter(view -> view.registration().role() == Role.PREFILL)
        .filter(view -> view.state() == WorkerState.READY);
  }
}
