package dev.baton.router.generation;

import dev.baton.contracts.GenerateRequest;
import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.PrefillRequest;
import dev.baton.contracts.TokenEvent;
import dev.baton.contracts.WorkerView;
import dev.baton.router.cluster.Cluster;
import dev.baton.router.explain.GenerationSummary;
import dev.baton.router.placement.PredictionCheck;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** One request on one decode worker. */
final class Attempt {
  private static final Duration LEASE_CHECK = Duration.ofMillis(500);

  private final Tools tools;
  private final Journal journal;
  private final Placer.Placed placed;
  private final InFlight.Work work;
  private final int number;
  private final Instant began;
  private volatile boolean accepted;
  private volatile @Nullable Duration timeToFirstToken;

  /** What every attempt needs. */
  @Component
  record Tools(
      DecodeClient decode,
      PrefillTier prefill,
      Cluster cluster,
      GenerationProperties properties,
      PredictionCheck predictions,
      MeterRegistry meters,
      Clock clock) {}

  Attempt(Tools tools, Journal journal, Placer.Placed placed, InFlight.Work work) {
    this.tools = tools;
    this.journal = journal;
    this.placed = placed;
    this.work = work;
    this.number = journal.attempt();
    this.began = tools.clock().instant();
  }

  /**
   * Ends with {@link GenerationEvent.Completed} or an error, an {@link AttemptFailedException}
   * wherever another attempt may help. Subscribed to once.
   */
  Flux<GenerationEvent> events() {
    Flux<TokenEvent> stream =
        tools
            .decode()
            .open(worker(), generateRequest())
            .timeout(
                Mono.delay(tools.properties().acceptTimeout()),
                event -> Mono.delay(silenceAllowed()))
            .onErrorMap(
                TimeoutException.class,
                timeout ->
                    new AttemptFailedException("timeout", "the decode worker fell silent", true));
    return Interruption.of(stream, partnerLost())
        .concatMap(this::relay, 1)
        .concatWith(
            Flux.error(() ->
                new AttemptFailedException("stream_ended", "the token stream ended early", true)))
        .takeUntil(event -> event instanceof GenerationEvent.Completed);
  }

  /** Once the decode worker is gone, or the prefill tier while its work is waited for. */
  private Mono<AttemptFailedException> partnerLost() {
    return Flux.interval(LEASE_CHECK).concatMap(tick -> Mono.justOrEmpty(lost())).next();
  }

  private Optional<AttemptFailedException> lost() {
    if (tools.cluster().isGone(worker().ref(), began)) {
      return Optional.of(
          new AttemptFailedException("worker_lost", "the decode worker's lease ended", true));
    }
    if (awaitsPrefill() && tools.prefill().isGone(journal.spec().model())) {
      return Optional.of(
          new AttemptFailedException(
              AttemptFailedException.PREFILL_GONE, "no prefill worker is left", true));
    }
    return Optional.empty();
  }

  private boolean awaitsPrefill() {
    return accepted
        && timeToFirstToken == null
        && placed.path().path() == GenerationPath.DISAGGREGATED;
  }

  /** Before its first token an attempt may wait in the queue as long as the deadline allows. */
  private Duration silenceAllowed() {
    return timeToFirstToken != null
        ? tools.properties().idleTimeout()
        : Duration.between(tools.clock().instant(), journal.deadline()).plusSeconds(1);
  }

  private Flux<GenerationEvent> relay(TokenEvent event) {
    return switch (event) {
      case TokenEvent.Accepted taken -> {
        boolean again = accepted;
        accepted = true;
        yield !again && placed.path().path() == GenerationPath.DISAGGREGATED
            ? submitPrefill().thenMany(Flux.empty())
            : Flux.empty();
      }
      case TokenEvent.Token token -> {
        Instant now = tools.clock().instant();
        if (timeToFirstToken == null) {
          timeToFirstToken = Duration.between(began, now);
          work.prefilled();
        }
        if (journal.append(token, now)) {
          journal
              .timeToFirstToken()
              .ifPresent(ttft -> tools.meters().timer("baton.router.ttft").record(ttft));
        }
        yield Flux.just(new GenerationEvent.Token(token.position(), token.token()));
      }
      case TokenEvent.Finished finished -> {
        GenerationSummary summary = journal.summary(finished.timings(), tools.clock().instant());
        Optional<Duration> ttft = Optional.ofNullable(timeToFirstToken);
        ttft.ifPresent(
            took -> tools.predictions().happened(placed.path(), took, finished.timings()));
        journal.explanation().finished(finished.timings(), ttft, summary);
        journal.done();
        yield Flux.just(new GenerationEvent.Completed(finished.reason(), summary));
      }
      case TokenEvent.Failed failed ->
          Flux.error(
              new AttemptFailedException(failed.code(), failed.message(), failed.retryable()));
    };
  }

  private Mono<Void> submitPrefill() {
    journal.submittedPrefill();
    return tools
        .prefill()
        .submit(
            journal.spec().serviceClass(),
            new PrefillRequest(
                PrefillRequest.VERSION,
                journal.id(),
                number,
                journal.spec().model(),
                worker().registration().fingerprint(),
                journal.tokens(),
                journal.spec().prompt().size(),
                placed.root(),
                journal.spec().sampling(),
                tools.clock().instant(),
                journal.deadline(),
                worker().ref(),
                placed.sources()));
  }

  private GenerateRequest generateRequest() {
    return new GenerateRequest(
        GenerateRequest.VERSION,
        journal.id(),
        number,
        journal.spec().model(),
        worker().ref(),
        journal.tokens(),
        journal.spec().prompt().size(),
        placed.root(),
        journal.spec().sampling(),
        journal.spec().stop(),
        placed.path().path(),
        journal.deadline(),
        placed.sources());
  }

  private WorkerView worker() {
    return placed.candidate().worker();
  }
}
