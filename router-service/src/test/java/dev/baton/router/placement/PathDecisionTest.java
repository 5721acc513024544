package dev.baton.router.placement;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.Role;
import dev.baton.router.support.Workers;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
  void aHandOffPaysForALongMissingSuffixOnly(
      String mode, Role role, int tokens, int resident, String obstacle, String path) {
    PathDecision decision =
        PathDecision.decide(
            new PlacementProperties(
                "default", Map.of(), PlacementProperties.PathMode.valueOf(mode), 64),
            new PlacementRequest("m", tokens, 10, true, Set.of(), 0),
            new Candidate(Workers.of("w", role, 1, URI.create("http://x")), resident),
            Optional.of(obstacle).filter(o -> !o.isEmpty()));

    assertThat(decision.path()).hasToString(path);
    assertThat(decision.reason()).isNotBlank();
  }
}
