package dev.baton.autoscaler.decide;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TierDeciderTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration WINDOW = Duration.ofSeconds(60);
  private static final Bounds BOUNDS = new Bounds(1, 8);

  private final TierDecider decider = new TierDecider(Tier.PREFILL, BOUNDS, WINDOW);

  private static Instant at(long seconds) {
    return START.plusSeconds(seconds);
  }

  private static Need needs(long replicas) {
    return new Need.Replicas(replicas, List.of("test"));
  }

  private static Need unknown(int atLeast) {
    return new Need.Unknown(atLeast, List.of("test"));
  }

  private int decide(Need need, int current, long second) {
    return decider.decide(need, OptionalInt.of(current), at(second)).desired();
  }

  @Test
  void growsAtOnce() {
    assertThat(decide(needs(1), 1, 0)).isEqualTo(1);
    assertThat(decide(needs(6), 1, 2)).isEqualTo(6);
  }

  @Test
  void shrinksToTheLargestSizeNeededWithinTheWindow() {
    decide(needs(6), 1, 0);
    assertThat(decide(needs(3), 6, 30)).isEqualTo(6);
    assertThat(decide(needs(0), 6, 60)).isEqualTo(6);
    assertThat(decide(needs(0), 6, 61)).isEqualTo(3);
    assertThat(decide(needs(0), 3, 91)).isEqualTo(1);
  }

  @Test
  void saysWhyItDoesNotShrinkYet() {
    decide(needs(6), 1, 0);
    Decision decision = decider.decide(needs(2), OptionalInt.of(6), at(10));
    assertThat(decision.reasons()).anyMatch(reason -> reason.contains("6 needed 10 s ago"));
  }

  @Test
  void aRestartedAutoscalerShrinksNothingBeforeAWindowHasPassed() {
    assertThat(decide(needs(0), 5, 0)).isEqualTo(5);
    assertThat(decide(needs(0), 5, 59)).isEqualTo(5);
    assertThat(decide(needs(0), 5, 61)).isEqualTo(1);
  }

  @Test
  void aSizeThatIsFoundLateCountsFromThen() {
    decider.decide(needs(0), OptionalInt.empty(), at(0));
    assertThat(decide(needs(0), 5, 100)).isEqualTo(5);
    assertThat(decide(needs(0), 5, 161)).isEqualTo(1);
  }

  @Test
  void unknownSignalsHoldTheCurrentSize() {
    assertThat(decide(unknown(0), 4, 0)).isEqualTo(4);
    assertThat(decide(unknown(0), 4, 10_000)).isEqualTo(4);
  }

  @Test
  void unknownSignalsAndSizeHoldTheLastDecision() {
    decide(needs(6), 1, 0);
    assertThat(decider.decide(unknown(0), OptionalInt.empty(), at(1000)).desired()).isEqualTo(6);
  }

  @Test
  void afterASilenceShrinkingTakesAFullWindow() {
    decide(unknown(0), 5, 0);
    decide(unknown(0), 5, 300);
    assertThat(decide(needs(0), 5, 302)).isEqualTo(5);
    assertThat(decide(needs(0), 5, 361)).isEqualTo(1);
  }

  @Test
  void workThatIsKnownToWaitGetsAWorkerFromZero() {
    TierDecider toZero = new TierDecider(Tier.PREFILL, new Bounds(0, 8), WINDOW);
    assertThat(toZero.decide(unknown(1), OptionalInt.of(0), at(0)).desired()).isEqualTo(1);
  }

  @Test
  void boundsAreKeptAndNamed() {
    Decision high = decider.decide(needs(1_000_000_000_000L), OptionalInt.of(1), at(0));
    assertThat(high.desired()).isEqualTo(8);
    assertThat(high.reasons()).contains("held to max-replicas 8");
    assertThat(decide(unknown(0), 50, 1)).isEqualTo(8);
  }

  @Test
  void idleGoesDownToTheMinimumWhateverCameBefore() {
    Random random = new Random(7);
    for (int run = 0; run < 200; run++) {
      TierDecider fresh = new TierDecider(Tier.DECODE, BOUNDS, WINDOW);
      long now = 0;
      int size = 1 + random.nextInt(8);
      for (int i = 0; i < 30; i++) {
        now += random.nextInt(20);
        Need need = random.nextInt(4) == 0 ? unknown(1) : needs(random.nextInt(20));
        size = fresh.decide(need, OptionalInt.of(size), at(now)).desired();
      }
      size = fresh.decide(needs(0), OptionalInt.of(size), at(now + 1)).desired();
      size = fresh.decide(needs(0), OptionalInt.of(size), at(now + 62)).desired();
      assertThat(size).isEqualTo(1);
    }
  }

  /** The whole rule against a naive one that keeps every need of the window. */
  @Test
  void equalsTheLargestNeedOfTheWindowAndNeverLeavesTheBounds() {
    Random random = new Random(13);
    TierDecider fresh = new TierDecider(Tier.DECODE, BOUNDS, WINDOW);
    record Past(long at, int replicas) {}
    List<Past> past = new ArrayList<>();
    long now = 0;
    int size = 4;
    past.add(new Past(now + 1, size));
    for (int i = 0; i < 5000; i++) {
      now += i == 0 ? 1 : random.nextInt(15);
      int need = random.nextInt(12);
      past.add(new Past(now, Math.clamp(need, 1, 8)));
      long oldest = now - WINDOW.toSeconds();
      past.removeIf(entry -> entry.at() < oldest);
      size = fresh.decide(needs(need), OptionalInt.of(size), at(now)).desired();
      assertThat(size)
          .isBetween(1, 8)
          .isEqualTo(past.stream().mapToInt(Past::replicas).max().orElseThrow());
    }
  }

  @Test
  void moreBacklogNeverMeansFewerReplicasAfterTheSameHistory() {
    Random random = new Random(17);
    for (int run = 0; run < 300; run++) {
      TierDecider one = new TierDecider(Tier.PREFILL, BOUNDS, WINDOW);
      TierDecider other = new TierDecider(Tier.PREFILL, BOUNDS, WINDOW);
      int current = random.nextInt(10);
      long now = 0;
      for (int i = 0; i < 20; i++) {
        now += random.nextInt(30);
        Need need = needs(random.nextInt(12));
        one.decide(need, OptionalInt.of(current), at(now));
        other.decide(need, OptionalInt.of(current), at(now));
      }
      int less = random.nextInt(12);
      int more = less + random.nextInt(5);
      assertThat(other.decide(needs(more), OptionalInt.of(current), at(now + 5)).desired())
          .isGreaterThanOrEqualTo(
              one.decide(needs(less), OptionalInt.of(current), at(now + 5)).desired());
    }
  }
}
