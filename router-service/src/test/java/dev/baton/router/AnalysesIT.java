package dev.baton.router;

import static dev.baton.router.support.RunningRouter.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.router.support.RunningRouter;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Deal analyses from memo to evidence. */
class AnalysesIT {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final String PATH = "/v1/deals/analyses";
  private static final String MEMO =
      """
      # Deal memo

      We propose a buyout of Nordwerk GmbH in the Industrials sector. The enterprise value is
      EUR 412.5 million. Revenue in 2024 amounted to EUR 245.0 million, up 6.2 % on the prior year.
      EBITDA came to EUR 34.4 million, which corresponds to 12.0x EBITDA. Maintenance capex runs at
      EUR 3.3 million a year.
      """;
  private static final String ANSWER =
      """
      {"company":"Nordwerk GmbH","sector":"Industrials","transaction_type":"buyout",\
      "enterprise_value":{"amount":412.5,"currency":"EUR","unit":"million"},\
      "revenue":{"amount":245.0,"currency":"EUR","unit":"million"},\
      "ebitda":{"amount":34.4,"currency":"EUR","unit":"million"},"ev_ebitda":12.0,\
      "revenue_growth_pct":6.2,"net_leverage":3.3,"top_customer_pct":null,"key_risks":[],\
      "recommendation":"proceed","rationale":"All disclosed figures are within policy limits."}\
      """;

  private RunningRouter router;

  @BeforeEach
  void start() {
    router = RunningRouter.shared();
    router.first.answers(ANSWER);
    router.second.answers(ANSWER);
  }

  private static String body(boolean stream) {
    return JSON.writeValueAsString(Map.of("memo", MEMO, "stream", stream));
  }

  @Test
  void aWholeAnalysisHasEvidenceUsageAndTimings() {
    HttpResponse<String> response = router.send(router.post(PATH, body(false)));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    JsonNode answer = json(response);
    assertThat(answer.path("schema").asString()).isEqualTo("deal-analysis/v1");
    assertThat(answer.at("/analysis/enterprise_value/amount").asDouble()).isEqualTo(412.5);
    assertThat(status(answer, "enterprise_value")).isEqualTo("supported");
    assertThat(status(answer, "revenue_growth_pct")).isEqualTo("supported");
    assertThat(status(answer, "ev_ebitda")).isEqualTo("supported");
    assertThat(status(answer, "net_leverage")).isEqualTo("unsupported");
    for (JsonNode entry : answer.path("evidence")) {
      if (entry.path("start").isNumber()) {
        assertThat(MEMO.substring(entry.path("start").asInt(), entry.path("end").asInt()))
            .isEqualTo(entry.path("quote").asString());
      }
    }
    assertThat(answer.at("/usage/completion_tokens").asInt()).isGreaterThan(50);
    for (String stage : new String[] {"queue", "prefill", "kv_transfer", "ttft", "tpot", "total"}) {
      assertThat(answer.path("timings").path(stage).isNumber()).as(stage).isTrue();
    }
  }

  @Test
  void aStreamedAnalysisEndsWithTheSameAnalysis() {
    HttpResponse<String> response = router.send(router.post(PATH, body(true)));

    StringBuilder text = new StringBuilder();
    JsonNode analysis = null;
    String event = "";
    for (String line : response.body().lines().toList()) {
      if (line.startsWith("event: ")) {
        event = line.substring(7);
      } else if (line.startsWith("data: ") && event.equals("delta")) {
        text.append(JSON.readTree(line.substring(6)).path("text").asString());
      } else if (line.startsWith("data: ")) {
        analysis = JSON.readTree(line.substring(6));
      }
    }
    assertThat(event).isEqualTo("analysis");
    assertThat(text.toString()).isEqualTo(ANSWER);
    assertThat(analysis.at("/analysis/company").asString()).isEqualTo("Nordwerk GmbH");
  }

  @Test
  void aBareMemoIsTextPlain() {
    HttpResponse<String> response =
        router.send(
            router
                .request(PATH)
                .header("Content-Type", "text/plain; charset=utf-8")
                .POST(HttpRequest.BodyPublishers.ofString(MEMO)));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(status(json(response), "company")).isEqualTo("supported");
  }

  @Test
  void anAnswerThatIsNoAnalysisIsABadGatewayAndNotA200() {
    router.first.answers("I cannot say.");
    router.second.answers("I cannot say.");

    HttpResponse<String> response = router.send(router.post(PATH, body(false)));

    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(json(response).at("/error/code").asString()).isEqualTo("invalid_model_output");
  }

  private static String status(JsonNode answer, String field) {
    for (JsonNode entry : answer.path("evidence")) {
      if (entry.path("field").asString().equals(field)) {
        return entry.path("status").asString();
      }
    }
    return "absent";
  }
}
