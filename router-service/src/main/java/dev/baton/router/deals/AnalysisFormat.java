package dev.baton.router.deals;

import dev.baton.router.answer.TextEvent;
import dev.baton.router.answer.Usage;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON of an analysis with its evidence. */
final class AnalysisFormat {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private AnalysisFormat() {}

  static String delta(String text) {
    return JSON.writeValueAsString(JSON.createObjectNode().put("text", text));
  }

  static String response(
      String id,
      String model,
      String memo,
      DealAnalysis analysis,
      List<Evidence> evidence,
      Usage usage,
      TextEvent.End end) {
    ObjectNode response = JSON.createObjectNode();
    response.put("id", id).put("model", model).put("schema", "deal-analysis/v1");
    response.set("analysis", analysis(analysis));
    ArrayNode entries = response.putArray("evidence");
    evidence.forEach(entry -> entries.add(evidence(memo, entry)));
    response.set("usage", usage.json());
    var summary = end.summary();
    response.set(
        "timings", summary == null ? JSON.nullNode() : JSON.valueToTree(summary.timings()));
    return JSON.writeValueAsString(response);
  }

  static ObjectNode analysis(DealAnalysis analysis) {
    ObjectNode json = JSON.createObjectNode();
    json.put("company", analysis.company())
        .put("sector", analysis.sector())
        .put("transaction_type", analysis.transactionType());
    json.set("enterprise_value", value(analysis.enterpriseValue()));
    json.set("revenue", value(analysis.revenue()));
    json.set("ebitda", value(analysis.ebitda()));
    json.set("ev_ebitda", value(analysis.evEbitda()));
    json.set("revenue_growth_pct", value(analysis.revenueGrowthPct()));
    json.set("net_leverage", value(analysis.netLeverage()));
    json.set("top_customer_pct", value(analysis.topCustomerPct()));
    ArrayNode risks = json.putArray("key_risks");
    analysis.keyRisks().forEach(risks::add);
    return json.put("recommendation", analysis.recommendation())
        .put("rationale", analysis.rationale());
  }

  private static ObjectNode evidence(String memo, Evidence evidence) {
    ObjectNode json = JSON.createObjectNode().put("field", evidence.field());
    json.set("value", value(evidence.value()));
    json.put("status", evidence.status().word());
    @Nullable Span span = evidence.span();
    if (span == null) {
      return json.putNull("start").putNull("end").putNull("quote");
    }
    return json.put("start", span.start()).put("end", span.end()).put("quote", span.of(memo));
  }

  private static JsonNode value(@Nullable Object value) {
    return switch (value) {
      case null -> JSON.nullNode();
      case Money money ->
          JSON.createObjectNode()
              .put("amount", money.amount())
              .put("currency", money.currency())
              .put("unit", money.unit().word());
      case BigDecimal number -> JSON.getNodeFactory().numberNode(number);
      default -> JSON.getNodeFactory().stringNode(value.toString());
    };
  }
}
