package dev.baton.router.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.baton.contracts.WorkerLoad;
import dev.baton.contracts.WorkerState;
import dev.baton.contracts.WorkerView;
import dev.baton.router.support.Workers;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Filters, scorers, picker and the pipeline that runs them. */
class PlacementTest {
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  private static PlacementProperties profile(
      List<String> filters, Map<String, Double> scorers, String picker) {
    return new PlacementProperties(
        "mine",
        Map.of("mine", new PlacementProperties.Profile(filters, scorers, picker)),
        PlacementProperties.PathMode.AUTO,
        64);
  }

  private static PlacementProperties standard() {
    return new PlacementProperties("default", Map.of(), PlacementProperties.PathMode.AUTO, 64);
  }

  private static PlacementRequest request(int tokens, long turn) {
    return new PlacementRequest("deal-analyst", tokens, 100, true, Set.of(), turn);
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
    var request = new PlacementRequest("deal-analyst", 320, 100, true, Set.of(excluded.ref()), 0);

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
    Placement placement = new Placement(standard(), meters);
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
        .containsExactly("prefix-residency");
  }

  private double count(String what, String scorer) {
    return meters.counter("baton.router.placement.scorer." + what, "scorer", scorer).count();
  }
}
