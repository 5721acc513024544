package dev.baton.router.generation;

import dev.baton.contracts.GenerateRequest;
import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.PrefillRequest;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenEvent;
import dev.baton.contracts.WorkerView;
import dev.baton.router.cluster.Cluster;
import dev.baton.router.errors.ApiException;
import dev.baton.router.errors.ErrorTypes;
import dev.baton.router.explain.Explanations;
import dev.baton.router.explain.GenerationSummary;
import dev.baton.router.tenancy.Tenant;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Carries a request through: admits it, places it, relays its tokens, and places it again when its
 * decode worker fails, before or after the first token. Cancelling the Flux cancels everywhere.
 */
@Component
public class GenerationService {
  private static final Logger log = LoggerFactory.getLogger(GenerationService.class);
  private static final Duration LEASE_CHECK = Duration.ofSeconds(1);

  private final Admission admission;
  private final Placer placer;
  private final DecodeClient decode;
  private final PrefillTier prefill;
  private final Cluster cluster;
  private final Explanations explanations;
  private final GenerationLog records;
  private final GenerationProperties properties;
  private final MeterRegistry meters;
  private final Clock clock;

  GenerationService(
      Admission admission,
      Placer placer,
      DecodeClient decode,
      PrefillTier prefill,
      Cluster cluster,
      Explanations explanations,
      GenerationLog records,
      GenerationProperties properties,
      MeterRegistry meters,
      Clock clock) {
    this.admission = admission;
    this.placer = placer;
    this.decode = decode;
    this.prefill = prefill;
    this.cluster = cluster;
    this.explanations = explanations;
    this.records = records;
    this.properties = properties;
    this.meters = meters;
    this.clock = clock;
  }

  public Flux<GenerationEvent> generate(GenerationSpec spec, Tenant tenant, RequestId id) {
    return Flux.defer(() -> {
      int promptTokens = spec.prompt().size();
      admission.enter(promptTokens);
      Journal journal = new Journal(id, tenant, spec, clock.instant());
      explanations.add(journal.explanation());
      return attempt(journal)
          .takeUntilOther(Mono.delay(spec.timeout()).then(Mono.error(() -> tooLate(spec))))
          .doOnError(failure -> ended(journal, "failed", failure.getMessage()))
          .doOnCancel(() -> ended(journal, "cancelled", "the client went away or had enough"))
          .doOnComplete(() -> ended(journal, "completed", null))
          .doFinally(signal -> admission.leave(promptTokens));
    });
  }

  private Flux<GenerationEvent> attempt(Journal journal) {
    return placer
        .place(journal)
        .flatMapMany(placed ->
            stream(journal, placed)
                .onErrorResume(
                    AttemptFailedException.class, failure -> again(journal, placed, failure)));
  }

  private Flux<GenerationEvent> again(
      Journal journal, Placer.Placed placed, AttemptFailedException failure) {
    log.atWarn()
        .addKeyValue("request", journal.id())
        .log(
            "attempt {} on {} failed: {}",
            journal.attempt(),
            placed.candidate().id(),
            failure.reason());
    journal.explanation().attemptFailed(failure.reason());
    meters.counter("baton.router.attempts.failed", "code", failure.code()).increment();
    if (!failure.retryable()) {
      return Flux.error(
          new ApiException(
              HttpStatus.BAD_GATEWAY,
              ErrorTypes.SERVER,
              failure.code(),
              null,
              failure.reason(),
              null));
    }
    if (journal.attempt() >= properties.maxAttempts()) {
      return Flux.error(
          ApiException.unavailable(
              "attempts_exhausted",
              "The request failed on " + journal.attempt() + " workers, last: " + failure.reason(),
              Duration.ofSeconds(2)));
    }
    journal.fail(placed.candidate().worker().ref());
    return attempt(journal);
  }

  private Flux<GenerationEvent> stream(Journal journal, Placer.Placed placed) {
    WorkerView worker = placed.candidate().worker();
    journal.attemptOn(placed.candidate().id());
    Instant began = clock.instant();
    Mono<TokenEvent> leaseLost =
        Flux.interval(LEASE_CHECK)
            .filter(tick -> cluster.isGone(worker.ref(), began))
            .next()
            .flatMap(tick ->
                Mono.error(
                    new AttemptFailedException(
                        "worker_lost", "the decode worker's lease ended", true)));
    return decode
        .open(worker, generateRequest(journal, placed))
        .timeout(
            Mono.delay(properties.acceptTimeout()), event -> Mono.delay(silenceAllowed(journal)))
        .onErrorMap(
            TimeoutException.class,
            timeout -> new AttemptFailedException("timeout", "the decode worker fell silent", true))
        .takeUntilOther(leaseLost)
        .concatMap(event -> relay(journal, placed, event), 1)
        .concatWith(
            Flux.defer(() ->
                Flux.error(
                    new AttemptFailedException(
                        "stream_ended", "the token stream ended early", true))))
        .takeUntil(event -> event instanceof GenerationEvent.Completed);
  }

  /** Before the first token a request may wait in the queue as long as its deadline allows. */
  private Duration silenceAllowed(Journal journal) {
    return journal.timeToFirstToken().isPresent()
        ? properties.idleTimeout()
        : Duration.between(clock.instant(), journal.deadline()).plusSeconds(1);
  }

  private Flux<GenerationEvent> relay(Journal journal, Placer.Placed placed, TokenEvent event) {
    return switch (event) {
      case TokenEvent.Accepted accepted ->
          placed.path().path() == GenerationPath.DISAGGREGATED
              ? submitPrefill(journal, placed).thenMany(Flux.empty())
              : Flux.empty();
      case TokenEvent.Token token -> {
        boolean first = journal.timeToFirstToken().isEmpty();
        journal.append(token, clock.instant());
        if (first) {
          journal
              .timeToFirstToken()
              .ifPresent(ttft -> meters.timer("baton.router.ttft").record(ttft));
        }
        yield Flux.just(new GenerationEvent.Token(token.position(), token.token()));
      }
      case TokenEvent.Finished finished -> {
        GenerationSummary summary = journal.summary(finished.timings(), clock.instant());
        journal.explanation().finished(finished.timings(), summary);
        yield Flux.just(new GenerationEvent.Completed(finished.reason(), summary));
      }
      case TokenEvent.Failed failed ->
          Flux.error(
              new AttemptFailedException(failed.code(), failed.message(), failed.retryable()));
    };
  }

  private Mono<Void> submitPrefill(Journal journal, Placer.Placed placed) {
    journal.submittedPrefill();
    return prefill.submit(
        journal.spec().serviceClass(),
        new PrefillRequest(
            PrefillRequest.VERSION,
            journal.id(),
            journal.attempt(),
            journal.spec().model(),
            placed.candidate().worker().registration().fingerprint(),
            journal.tokens(),
            journal.spec().prompt().size(),
            placed.root(),
            journal.spec().sampling(),
            clock.instant(),
            journal.deadline(),
            placed.candidate().worker().ref(),
            placed.sources()));
  }

  private GenerateRequest generateRequest(Journal journal, Placer.Placed placed) {
    StopConditions stop = journal.spec().stop();
    return new GenerateRequest(
        GenerateRequest.VERSION,
        journal.id(),
        journal.attempt(),
        journal.spec().model(),
        placed.candidate().worker().ref(),
        journal.tokens(),
        journal.spec().prompt().size(),
        placed.root(),
        journal.spec().sampling(),
        new StopConditions(stop.maxTokens() - journal.outputTokens(), stop.stopTokens()),
        placed.path().path(),
        journal.deadline(),
        placed.sources());
  }

  private void ended(Journal journal, String outcome, @Nullable String why) {
    journal.explanation().ended(why == null ? outcome : outcome + ": " + why);
    if (!outcome.equals("completed") && journal.prefillSubmitted()) {
      prefill.cancel(journal.id());
    }
    Duration total = Duration.between(journal.received(), clock.instant());
    meters.counter("baton.router.requests", "outcome", outcome).increment();
    meters.timer("baton.router.total", "outcome", outcome).record(total);
    log.atInfo()
        .addKeyValue("request", journal.id())
        .addKeyValue("tenant", journal.tenant().name())
        .log(
            "{} after {} ms, {} prompt and {} output tokens{}",
            outcome,
            total.toMillis(),
            journal.spec().prompt().size(),
            journal.outputTokens(),
            why == null ? "" : ": " + why);
    records.write(journal, outcome, total);
  }

  private static ApiException tooLate(GenerationSpec spec) {
    return new ApiException(
        HttpStatus.GATEWAY_TIMEOUT,
        ErrorTypes.SERVER,
        "deadline_exceeded",
        null,
        "The generation did not finish within " + spec.timeout().toSeconds() + " s.",
        null);
  }
}
