package dev.baton.autoscaler.recommendation;

import dev.baton.autoscaler.decide.Reading;
import dev.baton.autoscaler.decide.Tier;
import dev.baton.autoscaler.observe.Observation;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.springframework.stereotype.Component;

/** Gauges of what was observed and decided; NaN while unknown. */
@Component
class AutoscalerMeters {
  private final MeterRegistry meters;
  private final Map<Tier, Level> desired = new EnumMap<>(Tier.class);
  private final Map<Tier, Level> current = new EnumMap<>(Tier.class);
  private final Level backlogRequests;
  private final Level backlogTokens;

  private static final class Level {
    private volatile double value = Double.NaN;
  }

  AutoscalerMeters(MeterRegistry meters, RecommendationBoard board) {
    this.meters = meters;
    for (Tier tier : Tier.values()) {
      desired.put(tier, gauge("baton.autoscaler.desired", tier));
      current.put(tier, gauge("baton.autoscaler.current", tier));
    }
    backlogRequests = gauge("baton.autoscaler.backlog.requests", Tier.PREFILL);
    backlogTokens = gauge("baton.autoscaler.backlog.tokens", Tier.PREFILL);
    Gauge.builder(
            "baton.autoscaler.observation.age",
            board,
            seen -> seen.age().map(age -> age.toMillis() / 1000.0).orElse(Double.NaN))
        .baseUnit("seconds")
        .description("time since every source answered")
        .register(meters);
    for (String source : new String[] {"kafka", "registry", "kubernetes", "internal"}) {
      meters.counter("baton.autoscaler.failures", "source", source);
    }
  }

  private Level gauge(String name, Tier tier) {
    Level level = new Level();
    Gauge.builder(name, level, it -> it.value)
        .tag("tier", tier.name().toLowerCase(Locale.ROOT))
        .strongReference(true)
        .register(meters);
    return level;
  }

  void observed(Observation observation) {
    backlogRequests.value = orNaN(observation.prefill().queuedRequests());
    backlogTokens.value = orNaN(observation.prefill().queuedTokens());
  }

  void decided(Tier tier, OptionalInt replicas, int wanted) {
    set(current, tier, replicas.isPresent() ? replicas.getAsInt() : Double.NaN);
    set(desired, tier, wanted);
  }

  void failure(String source) {
    meters.counter("baton.autoscaler.failures", "source", source).increment();
  }

  private static void set(Map<Tier, Level> levels, Tier tier, double value) {
    Level level = levels.get(tier);
    if (level != null) {
      level.value = value;
    }
  }

  private static double orNaN(Optional<Reading> reading) {
    return reading.map(Reading::value).orElse(Double.NaN);
  }
}
