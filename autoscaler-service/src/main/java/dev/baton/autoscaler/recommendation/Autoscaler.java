package dev.baton.autoscaler.recommendation;

import dev.baton.autoscaler.apply.Scaler;
import dev.baton.autoscaler.decide.Decision;
import dev.baton.autoscaler.decide.Need;
import dev.baton.autoscaler.decide.Tier;
import dev.baton.autoscaler.decide.TierDecider;
import dev.baton.autoscaler.observe.Observation;
import dev.baton.autoscaler.observe.Observer;
import dev.baton.autoscaler.recommendation.Recommendation.SignalView;
import dev.baton.autoscaler.recommendation.Recommendation.TierView;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/** The loop: observe, decide, apply, on one thread of its own. */
@Component
class Autoscaler implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(Autoscaler.class);
  private static final long STOP_SECONDS = 15;

  private final Observer observer;
  private final Scaler scaler;
  private final AutoscalerProperties properties;
  private final RecommendationBoard board;
  private final AutoscalerMeters meters;
  private final Map<Tier, TierDecider> deciders = new EnumMap<>(Tier.class);
  private final Map<Tier, Integer> logged = new EnumMap<>(Tier.class);
  private @Nullable ScheduledExecutorService thread;

  Autoscaler(
      Observer observer,
      Scaler scaler,
      AutoscalerProperties properties,
      RecommendationBoard board,
      AutoscalerMeters meters) {
    this.observer = observer;
    this.scaler = scaler;
    this.properties = properties;
    this.board = board;
    this.meters = meters;
    var prefill = properties.prefill();
    var decode = properties.decode();
    deciders.put(
        Tier.PREFILL, new TierDecider(Tier.PREFILL, prefill.bounds(), prefill.scaleDownWindow()));
    deciders.put(
        Tier.DECODE, new TierDecider(Tier.DECODE, decode.bounds(), decode.scaleDownWindow()));
  }

  /** One round. */
  void step() {
    Observation observation = observer.observe();
    observation.problems().forEach(problem -> meters.failure(problem.source()));
    meters.observed(observation);
    Map<String, TierView> tiers = new LinkedHashMap<>();
    for (Tier tier : Tier.values()) {
      tiers.put(tier.name().toLowerCase(Locale.ROOT), size(tier, observation));
    }
    board.publish(
        new Recommendation(
            scaler.mode().name().toLowerCase(Locale.ROOT),
            observation.at(),
            tiers,
            observation.problems().stream().map(Observation.Problem::message).toList()),
        observation.problems().isEmpty());
  }

  private TierView size(Tier tier, Observation observation) {
    OptionalInt current = scaler.current(tier, observation.workers(tier));
    Decision decision = decider(tier).decide(need(tier, observation), current, observation.at());
    Scaler.Outcome outcome = scaler.apply(decision);
    if (outcome instanceof Scaler.Outcome.Failed) {
      meters.failure("kubernetes");
    }
    meters.decided(tier, current, decision.desired());
    note(decision, outcome);
    return new TierView(
        current.isPresent() ? current.getAsInt() : null,
        decision.desired(),
        signals(tier, observation),
        decision.reasons(),
        outcome.getClass().getSimpleName().toLowerCase(Locale.ROOT),
        outcome instanceof Scaler.Outcome.Failed(String reason) ? reason : null);
  }

  private TierDecider decider(Tier tier) {
    TierDecider decider = deciders.get(tier);
    if (decider == null) {
      throw new IllegalStateException("no decider for " + tier);
    }
    return decider;
  }

  private Need need(Tier tier, Observation observation) {
    return switch (tier) {
      case PREFILL -> properties.prefill().sizing().need(observation.prefill());
      case DECODE -> properties.decode().sizing().need(observation.decode());
    };
  }

  private static List<SignalView> signals(Tier tier, Observation observation) {
    return switch (tier) {
      case PREFILL -> SignalViews.of(observation.prefill(), observation.at());
      case DECODE -> SignalViews.of(observation.decode(), observation.at());
    };
  }

  private void note(Decision decision, Scaler.Outcome outcome) {
    Integer before = logged.put(decision.tier(), decision.desired());
    if (before == null || before != decision.desired()) {
      log.atInfo()
          .addKeyValue("tier", decision.tier())
          .addKeyValue("desired", decision.desired())
          .addKeyValue("outcome", outcome)
          .log(
              "{} replicas for {}: {}",
              decision.desired(),
              decision.tier(),
              String.join("; ", decision.reasons()));
    }
  }

  private void guardedStep() {
    try {
      step();
    } catch (RuntimeException e) {
      // An exception would end the schedule without a word.
      meters.failure("internal");
      log.error("a round failed", e);
    }
  }

  @Override
  public synchronized void start() {
    ScheduledExecutorService started =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("autoscaler").daemon().factory());
    // The schedule never throws, so nobody needs its future.
    var _ =
        started.scheduleWithFixedDelay(
            this::guardedStep, 0, properties.interval().toMillis(), TimeUnit.MILLISECONDS);
    thread = started;
  }

  @Override
  public synchronized void stop() {
    if (thread == null) {
      return;
    }
    thread.shutdownNow();
    try {
      if (!thread.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        log.warn("the last round has not ended after {} s", STOP_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    thread = null;
  }

  @Override
  public synchronized boolean isRunning() {
    return thread != null;
  }
}
