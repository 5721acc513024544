package dev.baton.router.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.baton.contracts.Role;
import dev.baton.contracts.WorkerLoad;
import dev.baton.contracts.WorkerState;
import dev.baton.contracts.WorkerView;
import dev.baton.router.support.Placements;
import dev.baton.router.support.Workers;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Filters, scorers, picker and the pipeline that runs them. */
class PlacementTest {
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  private static PlacementProperties profile(
      List<String> filters, Map<String, Double> scorers, String picker) {
    return Placements.profile(filters, scorers, picker);
  }

  private static PlacementProperties standard() {
    return Placements.path(PlacementProperties.PathMode.AUTO);
  }

  private static PlacementProperties standard(String picker) {
    return profile(
        List.of("ready", "model", "room", "epoch", "not-failed"),
        Map.of("prefix-residency", 2.0, "load", 1.0),
        picker);
  }

  private static PlacementRequest request(int tokens, long turn) {
    return Placements.request(tokens, turn);
  }

  private Placement.Outcome place(PlacementProperties properties, Candidate... candidates) {
    return new Placement(properties, meters).place(request(320, 0), List.of(candidates));
  }

  private static Candidate candidate(int lane, int resident) {
    return new Candidate(Workers.decode(lane), resident);
  }

  @Test
  void anUnknownNameFailsAtStart() {
    assertThatThrownBy(() -> new Placement(profile(List.of("nice"), Map.of(), "best"), meters))
        .hasMessageContaining("filter")
        .hasMessageContaining("nice");
    assertThatThrownBy(() -> new Placement(profile(List.of(), Map.of("luck", 1.0), "best"), meters))
        .hasMessageContaining("scorer")
        .hasMessageContaining("luck");
    assertThatThrownBy(() -> new Placement(profile(List.of(), Map.of(), "worst"), meters))
        .hasMessageContaining("picker")
        .hasMessageContaining("worst");
    assertThatThrownBy(() ->
            new Placement(
                new PlacementProperties("x", Map.of(), PlacementProperties.PathMode.AUTO, 1),
                meters))
        .hasMessageContaining("x");
    assertThatThrownBy(() -> profile(List.of(), Map.of("load", -1.0), "best"))
        .hasMessageContaining("load");
    assertThatThrownBy(() -> profile(List.of(), Map.of("load", Double.NaN), "best"))
        .hasMessageContaining("load");
  }

  @Test
  void theHolderOfTheLongestPrefixWins() {
    var outcome = place(standard(), candidate(1, 2), candidate(2, 18), candidate(3, 0));

    assertThat(outcome.report().chosen()).contains("decode-2");
    assertThat(outcome.report().scores().get("decode-2")).containsEntry("prefix-residency", 0.9);
  }

  @Test
  void everyCandidateThatIsDroppedIsReportedWithItsFilter() {
    WorkerView draining = Workers.with(Workers.decode(1), WorkerState.DRAINING);
    var excluded = Workers.decode(2);
    var request =
        new PlacementRequest(
            "deal-analyst", 320, 100, true, Set.of(excluded.ref()), Set.of(), Optional.empty(), 0);

    var outcome =
        new Placement(standard(), meters)
            .place(
                request,
                List.of(
                    new Candidate(draining, 0),
                    new Candidate(excluded, 20),
                    new Candidate(Workers.prefill(3), 0)));

    assertThat(outcome).isInstanceOf(Placement.Outcome.NoCandidate.class);
    assertThat(outcome.report().dropped())
        .containsEntry("decode-1", "ready")
        .containsEntry("decode-2", "not-failed")
        .containsEntry("prefill-3", "model");
  }

  @Test
  void aRequestThatAPoolCanNeverHoldIsDroppedForRoom() {
    var outcome =
        new Placement(standard(), meters).place(request(8100, 0), List.of(candidate(1, 0)));
    assertThat(outcome.report().dropped()).containsEntry("decode-1", "room");
  }

  @Test
  void equalsTakeTurns() {
    Placement placement = new Placement(standard("best"), meters);
    List<Candidate> equals = List.of(candidate(1, 0), candidate(2, 0), candidate(3, 0));
    assertThat(
            List.of(0L, 1L, 2L, 3L).stream()
                .map(turn -> placement.place(request(320, turn), equals).report().chosen().get()))
        .containsExactly("decode-1", "decode-2", "decode-3", "decode-1");
  }

  @Test
  void aBusyWorkerLosesAgainstAnIdleOne() {
    WorkerView busy = Workers.with(Workers.decode(1), new WorkerLoad(3, 900, 8, 100, 0, 0));
    assertThat(place(standard(), new Candidate(busy, 0), candidate(2, 0)).report().chosen())
        .contains("decode-2");
  }

  @Test
  void scoresAreClampedAndTheMisbehaviourIsCounted() {
    var outcome = place(standard(), candidate(1, 1000), candidate(2, 20));

    assertThat(outcome.report().scores().get("decode-1")).containsEntry("prefix-residency", 1.0);
    assertThat(count("out.of.range", "prefix-residency")).isEqualTo(1);
  }

  @Test
  void aScorerThatNeverTellsAnythingIsReported() {
    ScorerWatch watch = new ScorerWatch(meters);
    for (int i = 0; i < ScorerWatch.SUSPICIOUS; i++) {
      watch.seen("dead", new double[] {0, 0}, 2);
    }
    watch.seen("nan", new double[] {Double.NaN, 0.5}, 2);
    watch.seen("absent", new double[0], 2);

    assertThat(count("without.data", "dead")).isEqualTo(ScorerWatch.SUSPICIOUS);
    assertThat(watch.silence("dead")).isEqualTo(ScorerWatch.SUSPICIOUS);
    assertThat(count("out.of.range", "nan")).isEqualTo(1);
    assertThat(count("without.data", "absent")).isEqualTo(1);
    assertThat(place(standard(), candidate(1, 0)).report().withoutData())
        .containsExactly("prefix-residency", "transfer-cost");
  }

  @Test
  void aScorerThatNeverTellsWorkersApartIsCountedToo() {
    ScorerWatch watch = new ScorerWatch(meters);
    watch.seen("same", new double[] {0.7, 0.7}, 2);
    assertThat(count("indifferent", "same")).isEqualTo(1);
    assertThat(watch.silence("same")).isEqualTo(1);
    watch.seen("same", new double[] {0.7}, 1);
    assertThat(watch.silence("same")).as("one worker cannot be told from another").isZero();
    watch.seen("same", new double[] {0.7, 0.6}, 2);
    assertThat(count("indifferent", "same")).isEqualTo(1);
  }

  @Test
  void aProfileThatCanTellNothingFailsAtStart() {
    assertThatThrownBy(() -> profile(List.of(), Map.of("load", 0.0), "best"))
        .hasMessageContaining("weight 0")
        .hasMessageContaining("load");
    assertThatThrownBy(() ->
            new PlacementProperties.Profile(
                List.of(),
                Map.of("prefix-residency", 1.0),
                "best",
                PlacementProperties.Residency.NONE))
        .hasMessageContaining("prefix-residency");
  }

  @Test
  void aWorkerThatCameBackIsTakenByItsNewestEpochOnly() {
    Candidate old = new Candidate(Workers.of("w", Role.DECODE, 1, URI.create("http://x")), 20);
    Candidate current = new Candidate(Workers.of("w", Role.DECODE, 7, URI.create("http://x")), 0);

    var outcome = place(standard(), old, current);

    assertThat(((Placement.Outcome.Placed) outcome).candidate()).isEqualTo(current);
  }

  @Test
  void theLoadIsThatOfTokensQueuedAndInUse() {
    WorkerView queued =
        Workers.with(Workers.decode(1), new WorkerLoad(1, 320, 0, Workers.BLOCKS, 0, 0));
    WorkerView running =
        Workers.with(Workers.decode(2), new WorkerLoad(0, 0, 1, Workers.BLOCKS - 60, 0, 0));
    Candidate assigned = new Candidate(Workers.decode(3), 0, new Assigned(1, 0, 640));

    var scores =
        place(
                profile(List.of(), Map.of("load", 1.0), "best"),
                new Candidate(queued, 0),
                new Candidate(running, 0),
                assigned,
                candidate(4, 0))
            .report()
            .scores();

    assertThat(scores.get("decode-1")).containsEntry("load", 320 / 640.0);
    assertThat(scores.get("decode-2")).containsEntry("load", 320 / (320.0 + 960));
    assertThat(scores.get("decode-3")).containsEntry("load", 320 / 960.0);
    assertThat(scores.get("decode-4")).containsEntry("load", 1.0);
  }

  @Test
  void aFastLinkToThePrefillTierCountsAndAnUnknownOneIsAverage() {
    PlacementProperties transfer = profile(List.of(), Map.of("transfer-cost", 1.0), "best");
    Candidate slow = new Candidate(Placements.measured(Workers.decode(1), 0, 1e7), 0);
    Candidate fast = new Candidate(Placements.measured(Workers.decode(2), 0, 1e10), 0);

    var report = place(transfer, slow, fast, candidate(3, 0)).report();
    assertThat(report.chosen()).contains("decode-2");
    assertThat(report.scores().get("decode-3").get("transfer-cost"))
        .isStrictlyBetween(
            report.scores().get("decode-1").get("transfer-cost"),
            report.scores().get("decode-2").get("transfer-cost"));
    assertThat(place(transfer, candidate(3, 0), candidate(4, 0)).report().withoutData())
        .containsExactly("transfer-cost");
  }

  @Test
  void aSessionStaysOnItsWorkerWhileOthersComeAndGo() {
    Placement placement =
        new Placement(profile(List.of(), Map.of("session-affinity", 1.0), "best"), meters);
    List<Candidate> three = List.of(candidate(1, 0), candidate(2, 0), candidate(3, 0));
    List<Candidate> two = three.subList(0, 2);
    for (int i = 0; i < 50; i++) {
      Optional<String> session = Optional.of("tenant session-" + i);
      String home =
          placement.place(Placements.request(320, i, session), three).report().chosen().get();
      assertThat(placement.place(Placements.request(320, i + 1, session), three).report().chosen())
          .contains(home);
      if (!home.equals("decode-3")) {
        assertThat(placement.place(Placements.request(320, i, session), two).report().chosen())
            .contains(home);
      }
    }
    assertThat(
            LongStream.range(0, 50)
                .mapToObj(i ->
                    placement
                        .place(Placements.request(320, 0, Optional.of("session-" + i)), three)
                        .report()
                        .chosen()
                        .get())
                .distinct())
        .hasSize(3);
  }

  private long shareOf(String worker, PlacementProperties properties, Candidate... candidates) {
    Placement placement = new Placement(properties, meters);
    return LongStream.range(0, 1000)
        .filter(turn ->
            placement
                .place(request(320, turn), List.of(candidates))
                .report()
                .chosen()
                .get()
                .equals(worker))
        .count();
  }

  @Test
  void powerOfTwoPicksTheLessLoadedOfTwoNearEqualsAndNeverAWorseOne() {
    Candidate best = new Candidate(Workers.decode(1), 20, new Assigned(0, 0, 12));
    Candidate near = new Candidate(Workers.decode(2), 20, new Assigned(0, 0, 10));
    Candidate worse = new Candidate(Workers.decode(3), 0);

    PlacementProperties two = standard("power-of-two");
    assertThat(shareOf("decode-2", two, best, near, worse)).isEqualTo(1000);
    assertThat(shareOf("decode-1", two, candidate(1, 0), candidate(2, 0), candidate(3, 0)))
        .isBetween(200L, 500L);
    assertThat(shareOf("decode-3", two, candidate(1, 0), candidate(2, 0), candidate(3, 0)))
        .isBetween(200L, 500L);
  }

  @Test
  void weightedRandomFollowsTheScoresAndRandomDoesNot() {
    PlacementProperties weighted =
        profile(List.of(), Map.of("prefix-residency", 1.0), "weighted-random");
    assertThat(shareOf("decode-1", weighted, candidate(1, 15), candidate(2, 5)))
        .isBetween(700L, 800L);
    assertThat(shareOf("decode-2", weighted, candidate(1, 20), candidate(2, 0))).isZero();
    assertThat(shareOf("decode-1", weighted, candidate(1, 0), candidate(2, 0)))
        .isBetween(450L, 550L);
    assertThat(shareOf("decode-1", standard("random"), candidate(1, 20), candidate(2, 0)))
        .isBetween(450L, 550L);
  }

  private double count(String what, String scorer) {
    return meters.counter("baton.router.placement.scorer." + what, "scorer", scorer).count();
  }
}
