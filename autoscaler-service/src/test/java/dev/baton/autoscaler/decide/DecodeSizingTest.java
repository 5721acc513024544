package dev.baton.autoscaler.decide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecodeSizingTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private final DecodeSizing sizing = new DecodeSizing(16, 0.8);

  private static Optional<Reading> is(double value) {
    return Optional.of(new Reading(value, NOW));
  }

  @ParameterizedTest
  @CsvSource({
    // workers, running, waiting, used, capacity → replicas
    "1, 0,  0,  0,    1000, 0",
    "1, 1,  0,  1,    1000, 1",
    "1, 16, 0,  16,   1000, 1",
    "1, 16, 1,  16,   1000, 2",
    "2, 16, 32, 16,   2000, 3",
    "1, 2,  0,  800,  1000, 1",
    "1, 2,  0,  801,  1000, 2",
    // The two that wait will want as much as the two that run.
    "1, 2,  2,  800,  1000, 2",
    "4, 40, 0,  3300, 4000, 5",
    // Blocks on lease keep a worker even when nothing runs.
    "2, 0,  0,  900,  2000, 2"
  })
  void theScarcerOfPlacesAndBlocksDecides(
      double workers, double running, double waiting, double used, double capacity, long replicas) {
    Need need =
        sizing.need(
            new DecodeSignals(is(workers), is(running), is(waiting), is(used), is(capacity)));
    assertThat(need)
        .isInstanceOfSatisfying(
            Need.Replicas.class, known -> assertThat(known.count()).isEqualTo(replicas));
  }

  @Test
  void withoutAReportingWorkerTheSizeIsHeld() {
    assertThat(sizing.need(DecodeSignals.NONE)).isInstanceOf(Need.Unknown.class);
    assertThat(sizing.need(new DecodeSignals(is(0), is(0), is(0), is(0), is(0))))
        .isInstanceOf(Need.Unknown.class);
  }

  @Test
  void refusesTargetsThatNobodyCanMeet() {
    assertThatThrownBy(() -> new DecodeSizing(0, 0.8)).hasMessageContaining("target-sequences");
    assertThatThrownBy(() -> new DecodeSizing(1, 0)).hasMessageContaining("target-kv-occupancy");
    assertThatThrownBy(() -> new DecodeSizing(1, Double.NaN))
        .hasMessageContaining("target-kv-occupancy");
  }
}
