package dev.baton.localstack.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.localstack.client.ApiClient;
import dev.baton.localstack.client.StubRouter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class EvaluationTest {
  private static final String TRUTH =
      """
      {"company": "Acme", "sector": "Energy", "transaction_type": "buyout",
       "enterprise_value": {"amount": 12, "currency": "EUR", "unit": "million"}, "revenue": null, "ebitda": null,
       "ev_ebitda": 7.5, "revenue_growth_pct": -3, "net_leverage": null, "top_customer_pct": 20,
       "key_risks": ["regulation", "competition"], "recommendation": "proceed", "rationale": "Because."}\
      """
          .replace("\n", "");

  private static JsonNode json(String text) {
    return JsonMapper.shared().readTree(text);
  }

  private static Verdict judge(String answer) {
    return Verdict.of(new LabelledMemo("m", "memo", json(TRUTH)), answer, json(answer));
  }

  @Test
  void numbersCompareByValueAndNullsCount() {
    Verdict verdict =
        judge(TRUTH.replace("\"amount\": 12", "\"amount\": 12.0").replace("7.5", "7.50"));

    assertThat(verdict.misses()).isEmpty();
    assertThat(judge(TRUTH.replace("\"revenue\": null", "\"revenue\": 0")).misses())
        .extracting(Verdict.Miss::field)
        .containsExactly("revenue");
  }

  @Test
  void theOrderOfRisksAndEveryPartOfAnAmountCount() {
    assertThat(
            judge(
                    TRUTH
                        .replace(
                            "[\"regulation\", \"competition\"]",
                            "[\"competition\", \"regulation\"]")
                        .replace("EUR", "USD"))
                .misses())
        .extracting(Verdict.Miss::field)
        .containsExactly("enterprise_value", "key_risks");
  }

  @Test
  void theRationaleIsReportedApart() {
    Verdict verdict = judge(TRUTH.replace("Because.", "Why not."));

    assertThat(verdict.misses()).isEmpty();
    assertThat(verdict.rationaleExact()).isFalse();
  }

  @Test
  void runsMemosThroughTheApiAndReportsWhatIsWrong(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("memos.jsonl");
    Files.write(
        file,
        List.of(
            "{\"id\": \"1\", \"memo\": \"a\", \"answer\": %s}".formatted(TRUTH),
            "{\"id\": \"2\", \"memo\": \"b\", \"answer\": %s}"
                .formatted(
                    JsonMapper.shared().writeValueAsString(TRUTH.replace("Acme", "Other")))));
    String stream =
        "event: delta\ndata: %s\n\nevent: analysis\ndata: {\"analysis\": %s}\n\n"
            .formatted(
                JsonMapper.shared().writeValueAsString(java.util.Map.of("text", TRUTH)), TRUTH);
    try (StubRouter router = StubRouter.answering(200, stream)) {
      List<Verdict> seen = new ArrayList<>();
      List<Verdict> verdicts =
          Evaluation.run(new ApiClient(router.uri()), LabelledMemo.readAll(file), 2, seen::add);

      EvaluationReport report = EvaluationReport.of(verdicts, 1);

      assertThat(seen).hasSize(2);
      assertThat(report.validJson()).isEqualTo(1);
      assertThat(report.exactByField()).containsEntry("company", 0.5).containsEntry("sector", 1.0);
      assertThat(report.fieldsExact()).isEqualTo(1 - 1.0 / 24);
      assertThat(report.failures()).extracting(Verdict::id).containsExactly("2");
      assertThat(report.passes()).isFalse();
    }
  }

  @Test
  void anAnswerThatIsAnErrorHasEveryFieldWrong() throws Exception {
    try (StubRouter router = StubRouter.answering(503, "busy")) {
      List<Verdict> verdicts =
          Evaluation.run(
              new ApiClient(router.uri()),
              List.of(new LabelledMemo("1", "a", json(TRUTH))),
              1,
              verdict -> {});

      assertThat(verdicts.getFirst().misses()).hasSize(Verdict.FIELDS.size());
      assertThat(verdicts.getFirst().validJson()).isFalse();
      assertThat(verdicts.getFirst().error()).contains("busy");
    }
  }
}
