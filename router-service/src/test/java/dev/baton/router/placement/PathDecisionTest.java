package dev.baton.router.placement;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.Role;
import dev.baton.router.placement.PlacementProperties.PathMode;
import dev.baton.router.support.Placements;
import dev.baton.router.support.Workers;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathDecisionTest {
  @ParameterizedTest
  @CsvSource({
    "AUTO,          DECODE, 320, 0,  '',   DISAGGREGATED",
    "AUTO,          DECODE, 64,  0,  '',   DECODE_LOCAL",
    "AUTO,          DECODE, 65,  0,  '',   DISAGGREGATED",
    "AUTO,          DECODE, 320, 16, '',   DECODE_LOCAL",
    "AUTO,          DECODE, 320, 15, '',   DISAGGREGATED",
    "AUTO,          DECODE, 320, 40, '',   DECODE_LOCAL",
    "AUTO,          DECODE, 320, 0,  dead, DECODE_LOCAL",
    "AUTO,          BOTH,   320, 0,  '',   DECODE_LOCAL",
    "DISAGGREGATED, DECODE, 10,  0,  '',   DISAGGREGATED",
    "DISAGGREGATED, DECODE, 320, 0,  dead, DECODE_LOCAL",
    "DISAGGREGATED, BOTH,   320, 0,  '',   DECODE_LOCAL",
    "DECODE_LOCAL,  DECODE, 320, 0,  '',   DECODE_LOCAL"
  })
  void whileNothingIsMeasuredALongMissingSuffixIsHandedOver(
      PathMode mode, Role role, int tokens, int resident, String obstacle, String path) {
    PathDecision decision =
        PathDecision.decide(
            Placements.path(mode),
            Placements.request(tokens, 0),
            new Candidate(Workers.of("w", role, 1, URI.create("http://x")), resident),
            Optional.of(obstacle).filter(o -> !o.isEmpty()),
            List.of());

    assertThat(decision.path()).hasToString(path);
    assertThat(decision.reason()).isNotBlank();
  }

  private static Prediction prediction(
      GenerationPath path, int queue, int prefill, int transfer, int stall) {
    return new Prediction(
        path,
        Duration.ofMillis(queue),
        Duration.ZERO,
        Duration.ofMillis(prefill),
        Duration.ofMillis(30),
        Duration.ofMillis(transfer),
        Duration.ofMillis(stall),
        100,
        Optional.empty());
  }

  @ParameterizedTest
  @CsvSource({
    "0,   500, 10, 500, DISAGGREGATED",
    "600, 500, 10, 500, DECODE_LOCAL",
    "0,   500, 600, 500, DECODE_LOCAL",
    "0,   500, 10, 5, DECODE_LOCAL",
  })
  void theCheaperPathIsTaken(int queue, int prefill, int transfer, int stall, String path) {
    List<Prediction> predictions =
        List.of(
            prediction(GenerationPath.DISAGGREGATED, queue, prefill, transfer, 0),
            prediction(GenerationPath.DECODE_LOCAL, 0, prefill, 0, stall));

    PathDecision decision =
        PathDecision.decide(
            Placements.path(PathMode.AUTO),
            Placements.request(2000, 0),
            new Candidate(Workers.decode(1), 0),
            Optional.empty(),
            predictions);

    assertThat(decision.path()).hasToString(path);
    assertThat(decision.prediction()).get().extracting(Prediction::path).hasToString(path);
    assertThat(decision.reason()).contains((queue + prefill + 30) + " ms");
  }

  @Test
  void anObstacleCountsForMoreThanAPrediction() {
    PathDecision decision =
        PathDecision.decide(
            Placements.path(PathMode.AUTO),
            Placements.request(2000, 0),
            new Candidate(Workers.decode(1), 0),
            Optional.of("no prefill worker is alive"),
            List.of(
                prediction(GenerationPath.DISAGGREGATED, 0, 10, 10, 0),
                prediction(GenerationPath.DECODE_LOCAL, 0, 5000, 0, 5000)));

    assertThat(decision.path()).isEqualTo(GenerationPath.DECODE_LOCAL);
    assertThat(decision.reason()).isEqualTo("no prefill worker is alive");
  }
}
