package dev.baton.autoscaler.decide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrefillSizingTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private final PrefillSizing sizing = new PrefillSizing(Duration.ofSeconds(2));

  private static Optional<Reading> is(double value) {
    return Optional.of(new Reading(value, NOW));
  }

  @ParameterizedTest
  @CsvSource({
    // queued, arrivals/s, tokens each, tokens/s a worker → replicas
    "0,    0,   6000, 20000, 0",
    "1,    0,   6000, 20000, 1",
    "6,    0,   6000, 20000, 1",
    "7,    0,   6000, 20000, 2",
    "100,  0,   6000, 20000, 15",
    "0,    5,   6000, 20000, 2",
    "7,    5,   6000, 20000, 3",
    "1000, 0,   6000, 20000, 150",
    "100,  0,   60,   20000, 1"
  })
  void readsTheQueueWithinTheTargetDelayBesideWhatArrives(
      double queued, double arrivals, double tokens, double rate, long replicas) {
    Need need = sizing.need(new PrefillSignals(is(queued), is(arrivals), is(tokens), is(rate)));
    assertThat(need).isInstanceOf(Need.Replicas.class);
    assertThat(((Need.Replicas) need).count()).isEqualTo(replicas);
    assertThat(need.reasons()).isNotEmpty();
  }

  @Test
  void anUnknownBacklogHoldsTheSize() {
    assertThat(sizing.need(PrefillSignals.NONE))
        .isInstanceOfSatisfying(
            Need.Unknown.class, unknown -> assertThat(unknown.atLeast()).isZero());
  }

  @Test
  void anUnknownBacklogWithArrivalsWantsAWorkerEvenFromZero() {
    assertThat(
            sizing.need(
                new PrefillSignals(Optional.empty(), is(0.1), Optional.empty(), Optional.empty())))
        .isInstanceOfSatisfying(
            Need.Unknown.class, unknown -> assertThat(unknown.atLeast()).isEqualTo(1));
  }

  @Test
  void anUnknownRateOrLengthHoldsTheSizeButWantsAWorker() {
    assertThat(sizing.need(new PrefillSignals(is(3), is(0), is(100), Optional.empty())))
        .isInstanceOfSatisfying(
            Need.Unknown.class, unknown -> assertThat(unknown.atLeast()).isEqualTo(1));
    assertThat(sizing.need(new PrefillSignals(is(3), is(0), Optional.empty(), is(100))))
        .isInstanceOfSatisfying(
            Need.Unknown.class, unknown -> assertThat(unknown.atLeast()).isEqualTo(1));
  }

  @Test
  void idleNeedsNothingWhateverElseIsUnknown() {
    assertThat(sizing.need(new PrefillSignals(is(0), is(0), Optional.empty(), Optional.empty())))
        .isInstanceOfSatisfying(
            Need.Replicas.class, replicas -> assertThat(replicas.count()).isZero());
  }

  @Test
  void neverFallsWhenTheBacklogGrows() {
    Random random = new Random(41);
    for (int i = 0; i < 2000; i++) {
      double backlog = random.nextInt(5000);
      double more = backlog + random.nextInt(500);
      Optional<Reading> arrivals = is(random.nextDouble() * 50);
      Optional<Reading> tokens = is(1 + random.nextInt(8000));
      Optional<Reading> rate = is(1 + random.nextInt(50_000));
      assertThat(count(new PrefillSignals(is(more), arrivals, tokens, rate)))
          .isGreaterThanOrEqualTo(count(new PrefillSignals(is(backlog), arrivals, tokens, rate)));
    }
  }

  private long count(PrefillSignals signals) {
    return ((Need.Replicas) sizing.need(signals)).count();
  }

  @Test
  void refusesATargetThatIsNoDelay() {
    assertThatThrownBy(() -> new PrefillSizing(Duration.ZERO))
        .hasMessageContaining("target-queue-delay");
  }
}
