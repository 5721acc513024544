package dev.baton.router.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.RequestId;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ExplanationsTest {
  private static Explanation of(String id, String tenant) {
    return new Explanation(new RequestId(id), tenant, "m", 1, Instant.EPOCH);
  }

  @Test
  void onlyItsOwnTenantFindsAnExplanation() {
    Explanations explanations = new Explanations();
    explanations.add(of("r", "alice"));
    assertThat(explanations.find("r", "alice")).isPresent();
    assertThat(explanations.find("r", "bob")).isEmpty();
    explanations.add(of("r", "bob"));
    assertThat(explanations.find("r", "alice").orElseThrow().tenant()).isEqualTo("alice");
  }

  @Test
  void theOldestAreForgotten() {
    Explanations explanations = new Explanations();
    for (int i = 0; i < 3 * Explanations.MOST; i++) {
      explanations.add(of("r" + i, "alice"));
    }
    assertThat(explanations.size()).isLessThanOrEqualTo(Explanations.MOST);
  }
}
