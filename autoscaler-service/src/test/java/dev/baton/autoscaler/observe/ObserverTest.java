package dev.baton.autoscaler.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.autoscaler.decide.Reading;
import dev.baton.contracts.Directory;
import dev.baton.contracts.Role;
import dev.baton.contracts.WorkerLoad;
import dev.baton.contracts.WorkerState;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ObserverTest {
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private @Nullable QueueReading queue =
      new QueueReading(OptionalLong.of(0), 0, OptionalDouble.empty());
  private @Nullable Directory directory = Workers.directory();
  private final Observer observer =
      new Observer(
          () -> answer(queue),
          () -> WorkerReading.of(answer(directory)),
          new ObserveProperties(
              Duration.ofSeconds(1), Duration.ofSeconds(15), Duration.ofSeconds(60)),
          new Clock() {
            @Override
            public ZoneOffset getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
              return this;
            }

            @Override
            public Instant instant() {
              return now;
            }
          });

  private static <T> T answer(@Nullable T value) throws SourceUnavailableException {
    if (value == null) {
      throw new SourceUnavailableException("down", new IOException());
    }
    return value;
  }

  private static Optional<Double> value(Optional<Reading> reading) {
    return reading.map(Reading::value);
  }

  @Test
  void sumsTheDecodeTierAndAveragesThePrefillRate() {
    directory =
        Workers.directory(
            Workers.prefill(0, 100),
            Workers.prefill(1, 300),
            Workers.prefill(2, 0),
            Workers.decode(3, 4, 1, 900),
            Workers.decode(4, 6, 0, 700));
    Observation seen = observer.observe();
    assertThat(value(seen.prefill().tokensPerSecond())).contains(200.0);
    assertThat(value(seen.decode().workers())).contains(2.0);
    assertThat(value(seen.decode().running())).contains(10.0);
    assertThat(value(seen.decode().waiting())).contains(1.0);
    assertThat(value(seen.decode().usedBlocks())).contains(400.0);
    assertThat(value(seen.decode().capacityBlocks())).contains(2000.0);
    assertThat(seen.prefillWorkers()).hasValue(3);
    assertThat(seen.decodeWorkers()).hasValue(2);
  }

  @Test
  void aDrainingWorkerCountsForNothing() {
    directory =
        Workers.directory(
            Workers.decode(0, 1, 0, 900),
            Workers.worker(1, Role.DECODE, WorkerState.DRAINING, new WorkerLoad(0, 0, 5, 0, 0, 0)));
    Observation seen = observer.observe();
    assertThat(seen.decodeWorkers()).hasValue(1);
    assertThat(value(seen.decode().running())).contains(1.0);
  }

  @Test
  void aMonolithicWorkerCountsAsDecode() {
    directory =
        Workers.directory(
            Workers.worker(0, Role.BOTH, WorkerState.READY, new WorkerLoad(0, 0, 2, 10, 0, 0)));
    Observation seen = observer.observe();
    assertThat(seen.prefillWorkers()).hasValue(0);
    assertThat(seen.decodeWorkers()).hasValue(1);
  }

  @Test
  void aReadingOutlivesASilentSourceUntilItIsStale() {
    queue = new QueueReading(OptionalLong.of(5), 5, OptionalDouble.of(100));
    directory = Workers.directory(Workers.decode(0, 1, 0, 900), Workers.prefill(1, 50));
    Instant first = now;
    observer.observe();
    queue = null;
    directory = null;

    now = now.plusSeconds(15);
    Observation later = observer.observe();
    assertThat(later.prefill().queuedRequests()).contains(new Reading(5, first));
    assertThat(value(later.decode().running())).contains(1.0);
    assertThat(later.problems())
        .extracting(Observation.Problem::source)
        .containsExactly("kafka", "registry");

    now = now.plusMillis(1);
    Observation stale = observer.observe();
    assertThat(stale.prefill().queuedRequests()).isEmpty();
    assertThat(stale.prefill().arrivals()).isEmpty();
    assertThat(stale.decode().running()).isEmpty();
    assertThat(stale.decodeWorkers()).isEmpty();
    assertThat(value(stale.prefill().tokensPerRequest())).contains(100.0);
    assertThat(value(stale.prefill().tokensPerSecond())).contains(50.0);
  }

  @Test
  void aGroupWithoutStateIsAnUnknownBacklogNotAnEmptyOne() {
    queue = new QueueReading(OptionalLong.empty(), 3, OptionalDouble.empty());
    Observation seen = observer.observe();
    assertThat(seen.prefill().queuedRequests()).isEmpty();
    assertThat(seen.prefill().queuedTokens()).isEmpty();
    assertThat(seen.problems()).isEmpty();
  }

  @Test
  void anEmptyQueueIsNoTokensWhateverTheirLength() {
    assertThat(value(observer.observe().prefill().queuedTokens())).contains(0.0);
  }
}
