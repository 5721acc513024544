package dev.baton.autoscaler.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ArrivalWindowTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private final ArrivalWindow window = new ArrivalWindow(Duration.ofSeconds(60));

  private double at(long second, long published) {
    return window.rate(published, START.plusSeconds(second));
  }

  @Test
  void whatWasThereAtTheStartIsNoArrival() {
    assertThat(at(0, 5000)).isZero();
  }

  @Test
  void steadyArrivalsGiveTheirRate() {
    double rate = 0;
    for (int second = 0; second <= 120; second += 2) {
      rate = at(second, second * 10L);
    }
    assertThat(rate).isEqualTo(10);
  }

  @Test
  void nothingNewForAWindowIsExactlyZero() {
    at(0, 0);
    assertThat(at(10, 600)).isEqualTo(10);
    assertThat(at(60, 600)).isEqualTo(10);
    assertThat(at(71, 600)).isZero();
  }

  @Test
  void aCounterThatFellStartsAnew() {
    at(0, 100);
    assertThat(at(2, 3)).isZero();
    assertThat(at(4, 63)).isEqualTo(1);
  }
}
