package dev.baton.localstack.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class WorkloadTest {
  private static final List<String> SENTENCES =
      List.of("The company grew.", "Its margin did not.", "A single customer left in March.");

  @Test
  void theSameSeedGivesTheSamePromptsAndAnotherOneOthers() {
    assertThat(Workload.generate(1, 20, SENTENCES)).isEqualTo(Workload.generate(1, 20, SENTENCES));
    assertThat(Workload.generate(1, 20, SENTENCES))
        .isNotEqualTo(Workload.generate(2, 20, SENTENCES));
  }

  @Test
  void aFewTemplatesAreHotAndBelongToOneTenantEach() {
    var byTemplate =
        Workload.generate(1, 1000, SENTENCES).prompts().stream()
            .collect(Collectors.groupingBy(Workload.Prompt::template));

    assertThat(byTemplate).hasSize(Workload.TENANTS * Workload.TEMPLATES_PER_TENANT);
    long hottest = byTemplate.values().stream().mapToLong(List::size).max().orElseThrow();
    long rarest = byTemplate.values().stream().mapToLong(List::size).min().orElseThrow();
    assertThat(hottest).isBetween(220L, 340L);
    assertThat(rarest).isBetween(1L, 40L);
    byTemplate
        .values()
        .forEach(prompts ->
            assertThat(prompts)
                .extracting(Workload.Prompt::tenant)
                .containsOnly(prompts.getFirst().tenant()));
  }

  @Test
  void promptsOfOneTemplateShareItsTextAndNothingBehind() {
    Map<Integer, List<Workload.Prompt>> byTemplate =
        Workload.generate(1, 100, SENTENCES).prompts().stream()
            .collect(Collectors.groupingBy(Workload.Prompt::template));
    List<Workload.Prompt> shared =
        byTemplate.values().stream().filter(p -> p.size() > 1).findFirst().orElseThrow();
    String first = shared.get(0).text();
    String second = shared.get(1).text();
    int common = 0;
    while (first.charAt(common) == second.charAt(common)) {
      common++;
    }
    assertThat(first.substring(0, common)).endsWith(" Question ");
  }

  private static StreamedChat.Answer answer(
      double ttft, int tokens, double predicted, double actual) {
    return new StreamedChat.Answer(
        ttft,
        tokens,
        0,
        JsonMapper.shared()
            .readTree(
                """
                {"attempts": [{"predictions": [{"path": "decode_local", "ttft": 1},
                {"path": "disaggregated", "ttft": %s}],
                "work": {"path": "disaggregated", "ttft": %s}}]}
                """
                    .formatted(predicted, actual)));
  }

  @Test
  void aResultSumsUpWhatTheAnswersSay() {
    PolicyResult result =
        PolicyResult.of(
            "x", List.of(answer(30, 100, 50, 100), answer(10, 300, 90, 100)), 100, 7, 4);

    assertThat(result.promptTokens()).isEqualTo(400);
    assertThat(result.hitRate()).isEqualTo(0.75);
    assertThat(result.ttftP50Millis()).isEqualTo(10);
    assertThat(result.ttftP90Millis()).isEqualTo(30);
    assertThat(result.requestsPerSecond()).isEqualTo(0.5);
    assertThat(result.handedOver()).isEqualTo(1);
    assertThat(result.predictionError()).isEqualTo(0.1);
  }
}
