package dev.baton.router.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.GenerationTimings;
import dev.baton.contracts.PrefillTimings;
import dev.baton.contracts.WorkerLoad;
import dev.baton.contracts.WorkerView;
import dev.baton.router.support.Placements;
import dev.baton.router.support.Workers;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Predictor, and what it learns from the outcomes. Blocks are 128 KiB and 16 tokens. */
class PredictorTest {
  private static final int RATE = 4000;
  private static final double LINK = 1e9;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final PredictionCheck check = new PredictionCheck(meters);

  private static Candidate decode(int lane, int resident) {
    return new Candidate(Placements.measured(Workers.decode(lane), RATE, LINK), resident);
  }

  private static Candidate prefill(int lane, int resident) {
    return new Candidate(Placements.measured(Workers.prefill(lane), RATE, LINK), resident);
  }

  private Prediction predict(
      GenerationPath path, Assigned prefillTier, Candidate chosen, Candidate... others) {
    List<Candidate> all =
        java.util.stream.Stream.concat(
                java.util.stream.Stream.of(chosen), java.util.Arrays.stream(others))
            .toList();
    return check
        .predictor()
        .predict(new Predictor.Snapshot(Placements.request(4000, 0), all, prefillTier), chosen)
        .stream()
        .filter(p -> p.path() == path)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void predictsNothingWhileNoRateIsKnown() {
    Candidate chosen = new Candidate(Workers.decode(1), 0);
    assertThat(
            check
                .predictor()
                .predict(
                    new Predictor.Snapshot(
                        Placements.request(4000, 0),
                        List.of(chosen, new Candidate(Workers.prefill(8), 0)),
                        Assigned.NONE),
                    chosen))
        .isEmpty();
  }

  @Test
  void computesAllTokensAtTheMeasuredRateWhereNothingIsResident() {
    Prediction away =
        predict(GenerationPath.DISAGGREGATED, Assigned.NONE, decode(1, 0), prefill(8, 0));

    assertThat(away.prefill()).isEqualTo(Duration.ofSeconds(1));
    assertThat(away.computedTokens()).isEqualTo(4000);
    assertThat(away.queue()).isZero();
    assertThat(away.prefix()).isEmpty();
    assertThat(millis(away.transfer())).isCloseTo(250 * 131_072 / 1e6, within(0.1));
    assertThat(away.timeToFirstToken()).isEqualTo(away.prefill().plus(away.overhead()));
  }

  @Test
  void aWorkerWithoutAMeasurementCountsAsTheOthers() {
    Prediction here =
        predict(
            GenerationPath.DECODE_LOCAL,
            Assigned.NONE,
            new Candidate(Workers.decode(1), 0),
            prefill(8, 0));
    assertThat(here.prefill()).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void pullsAPrefixWhereTheLinkIsFasterThanTheEngineAndComputesItWhereNot() {
    Prediction fast =
        predict(GenerationPath.DECODE_LOCAL, Assigned.NONE, decode(1, 0), prefill(8, 200));
    assertThat(fast.prefix().orElseThrow().pull()).isTrue();
    assertThat(fast.prefix().orElseThrow().holder()).isEqualTo("prefill-8");
    assertThat(fast.computedTokens()).isEqualTo(4000 - 200 * 16);
    assertThat(millis(fast.pull())).isCloseTo(4 + 200 * 131_072 / 1e6, within(0.1));

    Candidate behindASlowLink = new Candidate(Placements.measured(Workers.decode(1), RATE, 1e7), 0);
    Prediction slow =
        predict(GenerationPath.DECODE_LOCAL, Assigned.NONE, behindASlowLink, prefill(8, 200));
    assertThat(slow.prefix().orElseThrow().pull()).isFalse();
    assertThat(slow.pull()).isZero();
    assertThat(slow.computedTokens()).isEqualTo(4000);
  }

  @Test
  void whatEveryPrefillWorkerHoldsIsReusedAndWhatOneHoldsIsPulled() {
    Prediction one =
        predict(
            GenerationPath.DISAGGREGATED,
            Assigned.NONE,
            decode(1, 0),
            prefill(8, 200),
            prefill(9, 100));

    assertThat(one.computedTokens()).isEqualTo(4000 - 200 * 16);
    assertThat(one.prefix().orElseThrow().blocks()).isEqualTo(100);
  }

  @Test
  void theLastTokenIsAlwaysComputed() {
    Prediction here = predict(GenerationPath.DECODE_LOCAL, Assigned.NONE, decode(1, 250));
    assertThat(here.computedTokens()).isEqualTo(16);
  }

  @Test
  void waitsBehindWhatIsQueuedOnTheWorkerOrOnTheTier() {
    WorkerView busy =
        Workers.with(Workers.decode(1), new WorkerLoad(1, 8000, 3, Workers.BLOCKS, RATE, 0));
    Prediction here = predict(GenerationPath.DECODE_LOCAL, Assigned.NONE, new Candidate(busy, 0));
    assertThat(here.queue()).isEqualTo(Duration.ofSeconds(2));
    assertThat(here.stall()).isEqualTo(Duration.ofSeconds(3));

    Prediction alone =
        predict(
            GenerationPath.DISAGGREGATED,
            new Assigned(1, 8000, 0),
            decode(1, 0),
            prefill(8, 0),
            prefill(9, 0));
    assertThat(alone.queue()).as("the other one is idle").isZero();
    Prediction queued =
        predict(
            GenerationPath.DISAGGREGATED,
            new Assigned(2, 8000, 0),
            decode(1, 0),
            prefill(8, 0),
            prefill(9, 0));
    assertThat(queued.queue()).isEqualTo(Duration.ofSeconds(1));
  }

  private static GenerationTimings timings(GenerationPath path, List<String> ladder) {
    return new GenerationTimings(
        new PrefillTimings(
            Duration.ZERO, Duration.ofSeconds(1), Duration.ofMillis(50), 800, 0, 3200),
        path,
        Duration.ZERO,
        0,
        "",
        0,
        Duration.ZERO,
        ladder);
  }

  private PathDecision decision() {
    Prediction away =
        predict(GenerationPath.DISAGGREGATED, Assigned.NONE, decode(1, 0), prefill(8, 0));
    return new PathDecision(GenerationPath.DISAGGREGATED, "x", List.of(away));
  }

  @Test
  void theErrorIsAMetricAndTheOverheadIsLearned() {
    PathDecision decision = decision();
    Duration predicted = decision.prediction().orElseThrow().timeToFirstToken();
    for (int i = 0; i < 50; i++) {
      check.happened(
          decision, Duration.ofMillis(1200), timings(GenerationPath.DISAGGREGATED, List.of()));
    }

    var error =
        meters
            .get("baton.router.prediction.error")
            .tags("what", "ttft", "path", "disaggregated", "direction", "later")
            .timer();
    assertThat(error.count()).isEqualTo(50);
    assertThat(error.mean(TimeUnit.MILLISECONDS))
        .isCloseTo(millis(Duration.ofMillis(1200).minus(predicted)), within(0.01));
    assertThat(millis(decision().prediction().orElseThrow().overhead()))
        .isCloseTo(200, within(1.0));
  }

  @Test
  void anotherPathThanPredictedTeachesNothing() {
    check.happened(
        decision(),
        Duration.ofSeconds(9),
        timings(GenerationPath.DISAGGREGATED, List.of("pull: gone")));
    check.happened(
        decision(), Duration.ofSeconds(9), timings(GenerationPath.DECODE_LOCAL, List.of()));

    assertThat(meters.getMeters()).isEmpty();
    assertThat(decision().prediction().orElseThrow().overhead()).isEqualTo(Duration.ofMillis(30));
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }
}
