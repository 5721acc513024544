package dev.baton.autoscaler.observe;

import dev.baton.autoscaler.decide.DecodeSignals;
import dev.baton.autoscaler.decide.PrefillSignals;
import dev.baton.autoscaler.decide.Reading;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Asks both sources and turns what they say into signals. A reading outlives a silent source until
 * it is stale; prompt length and prefill rate, which belong to the load and the model and not to
 * the moment, are kept until there is a newer one. One owner thread.
 */
public final class Observer {
  private final Source<QueueReading> queue;
  private final Source<WorkerReading> workers;
  private final Duration staleAfter;
  private final Clock clock;
  private final ArrivalWindow arrivals;

  private @Nullable Taken<QueueReading> lastQueue;
  private @Nullable Taken<WorkerReading> lastWorkers;
  private Optional<Reading> arrivalRate = Optional.empty();
  private Optional<Reading> tokensPerRequest = Optional.empty();
  private Optional<Reading> prefillRate = Optional.empty();

  private record Taken<T>(T value, Instant at) {}

  Observer(
      Source<QueueReading> queue,
      Source<WorkerReading> workers,
      ObserveProperties properties,
      Clock clock) {
    this.queue = queue;
    this.workers = workers;
    this.staleAfter = properties.staleAfter();
    this.clock = clock;
    this.arrivals = new ArrivalWindow(properties.arrivalWindow());
  }

  public Observation observe() {
    List<Observation.Problem> problems = new ArrayList<>();
    try {
      QueueReading reading = queue.read();
      Instant now = clock.instant();
      lastQueue = new Taken<>(reading, now);
      arrivalRate = Optional.of(new Reading(arrivals.rate(reading.published(), now), now));
      reading
          .tokensPerRequest()
          .ifPresent(tokens -> tokensPerRequest = Optional.of(new Reading(tokens, now)));
    } catch (SourceUnavailableException e) {
      problems.add(new Observation.Problem("kafka", String.valueOf(e.getMessage())));
    }
    try {
      WorkerReading reading = workers.read();
      Instant now = clock.instant();
      lastWorkers = new Taken<>(reading, now);
      reading
          .prefillTokensPerSecond()
          .ifPresent(rate -> prefillRate = Optional.of(new Reading(rate, now)));
    } catch (SourceUnavailableException e) {
      problems.add(new Observation.Problem("registry", String.valueOf(e.getMessage())));
    }
    Instant now = clock.instant();
    Taken<WorkerReading> live = fresh(lastWorkers, now);
    return new Observation(
        now,
        prefill(now),
        decode(live),
        live == null ? OptionalInt.empty() : OptionalInt.of(live.value().prefill().size()),
        live == null ? OptionalInt.empty() : OptionalInt.of(live.value().decode().size()),
        problems);
  }

  private PrefillSignals prefill(Instant now) {
    Taken<QueueReading> known = fresh(lastQueue, now);
    if (known == null) {
      return new PrefillSignals(Optional.empty(), Optional.empty(), tokensPerRequest, prefillRate);
    }
    OptionalLong queued = known.value().queuedRequests();
    return new PrefillSignals(
        queued.isPresent()
            ? Optional.of(new Reading(queued.getAsLong(), known.at()))
            : Optional.empty(),
        arrivalRate,
        tokensPerRequest,
        prefillRate);
  }

  private static DecodeSignals decode(@Nullable Taken<WorkerReading> live) {
    if (live == null) {
      return DecodeSignals.NONE;
    }
    return new DecodeSignals(
        reading(live, workers -> workers.decode().size()),
        reading(live, WorkerReading::running),
        reading(live, WorkerReading::waiting),
        reading(live, WorkerReading::usedBlocks),
        reading(live, WorkerReading::capacityBlocks));
  }

  private static Optional<Reading> reading(
      Taken<WorkerReading> taken, ToDoubleFunction<WorkerReading> value) {
    return Optional.of(new Reading(value.applyAsDouble(taken.value()), taken.at()));
  }

  private <T> @Nullable Taken<T> fresh(@Nullable Taken<T> taken, Instant now) {
    return taken == null || taken.at().plus(staleAfter).isBefore(now) ? null : taken;
  }
}
