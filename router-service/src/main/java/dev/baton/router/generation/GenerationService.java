package dev.baton.router.generation;

import dev.baton.contracts.FinishReason;
import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.GenerationTimings;
import dev.baton.contracts.PrefillTimings;
import dev.baton.contracts.RequestId;
import dev.baton.router.explain.Explanations;
import dev.baton.router.explain.GenerationSummary;
import dev.baton.router.tenancy.Tenant;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Carries a request through: admits it, places it, relays its tokens, and places it again when its
 * decode worker fails, before or after the first token.
 */
@Component
public class GenerationService {
  private static final Logger log = LoggerFactory.getLogger(GenerationService.class);

  private final Admission admission;
  private final Placer placer;
  private final PrefillTier prefill;
  private final Attempt.Tools tools;
  private final Explanations explanations;
  private final GenerationLog records;
  private final InFlight inFlight;
  private final GenerationProperties properties;
  private final MeterRegistry meters;
  private final Clock clock;

  GenerationService(
      Admission admission,
      Placer placer,
      PrefillTier prefill,
      Attempt.Tools tools,
      Explanations explanations,
      GenerationLog records,
      InFlight inFlight,
      GenerationProperties properties,
      MeterRegistry meters,
      Clock clock) {
    this.admission = admission;
    this.placer = placer;
    this.prefill = prefill;
    this.tools = tools;
    this.explanations = explanations;
    this.records = records;
    this.inFlight = inFlight;
    this.properties = properties;
    this.meters = meters;
    this.clock = clock;
  }

  /** Its deadline runs from this call. */
  public Generation generate(GenerationSpec spec, Tenant tenant, RequestId id) {
    Journal journal = new Journal(id, tenant, spec, clock.instant());
    Flux<GenerationEvent> events =
        Flux.using(() -> admit(journal), permit -> run(journal), Admission.Permit::release)
            .onBackpressureBuffer();
    return new Generation(events, journal::done);
  }

  private Admission.Permit admit(Journal journal) {
    try {
      return admission.enter(journal.spec().prompt().size());
    } catch (RuntimeException refused) {
      count(Outcome.REJECTED);
      throw refused;
    }
  }

  private Flux<GenerationEvent> run(Journal journal) {
    explanations.add(journal.explanation());
    return Interruption.of(
            attempt(journal),
            Mono.delay(journal.spec().timeout())
                .map(passed -> AttemptFailedException.deadlineExceeded()))
        .doOnError(failure -> ended(journal, Outcome.FAILED, failure))
        .doOnCancel(
            () -> ended(journal, journal.isDone() ? Outcome.COMPLETED : Outcome.CANCELLED, null))
        .doOnComplete(() -> ended(journal, Outcome.COMPLETED, null));
  }

  private Flux<GenerationEvent> attempt(Journal journal) {
    if (journal.isFull()) {
      return Flux.defer(() -> Flux.just(lastWord(journal)));
    }
    return placer
        .place(journal)
        .flatMapMany(placed -> {
          var worker = placed.candidate().worker();
          journal.attemptOn(placed.candidate().id(), worker.registration().fingerprint());
          return Flux.using(
                  () ->
                      inFlight.begin(
                          journal.spec().model(),
                          worker.ref(),
                          placed.path().path(),
                          placed.computedTokens(),
                          journal.length()),
                  work -> new Attempt(tools, journal, placed, work).events(),
                  InFlight.Work::close)
              .onErrorResume(
                  AttemptFailedException.class, failure -> again(journal, placed, failure));
        });
  }

  /** Its worker died between the last token and saying so. */
  private GenerationEvent lastWord(Journal journal) {
    GenerationTimings unknown =
        new GenerationTimings(
            PrefillTimings.NONE,
            GenerationPath.DECODE_LOCAL,
            Duration.ZERO,
            0,
            "",
            0,
            Duration.ZERO,
            List.of());
    GenerationSummary summary = journal.summary(unknown, clock.instant());
    journal.done();
    return new GenerationEvent.Completed(FinishReason.LENGTH, summary);
  }

  private Flux<GenerationEvent> again(
      Journal journal, Placer.Placed placed, AttemptFailedException failure) {
    log.atWarn()
        .addKeyValue("request", journal.id())
        .log(
            "attempt {} on {} failed: {}: {}",
            journal.attempt(),
            placed.candidate().id(),
            failure.code(),
            failure.getMessage());
    journal.explanation().attemptFailed(failure.code());
    meters.counter("baton.router.attempts.failed", "code", failure.code()).increment();
    if (!failure.retryable() || journal.attempt() >= properties.maxAttempts()) {
      return Flux.error(failure.asAnswer(journal.attempt()));
    }
    if (failure.blamesPrefillTier()) {
      journal.queueFailed();
    } else {
      journal.fail(placed.candidate().worker().ref());
    }
    return attempt(journal);
  }

  private void ended(Journal journal, Outcome outcome, @Nullable Throwable failure) {
    String why = failure == null ? "" : ": " + failure.getMessage();
    journal.explanation().ended(outcome.word() + why);
    if (outcome != Outcome.COMPLETED && journal.prefillSubmitted()) {
      prefill.cancel(journal.id());
    }
    Duration total = Duration.between(journal.received(), clock.instant());
    count(outcome);
    meters.timer("baton.router.total", "outcome", outcome.word()).record(total);
    log.atInfo()
        .addKeyValue("request", journal.id())
        .addKeyValue("tenant", journal.tenant().name())
        .log(
            "{} after {} ms, {} prompt and {} output tokens{}",
            outcome.word(),
            total.toMillis(),
            journal.spec().prompt().size(),
            journal.outputTokens(),
            why);
    records.write(journal, outcome, total);
  }

  private void count(Outcome outcome) {
    meters.counter("baton.router.requests", "outcome", outcome.word()).increment();
  }
}
