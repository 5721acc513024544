package dev.baton.localstack.evaluate;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * How one answer compares with the truth.
 *
 * @param validJson whether the text that the model generated is a JSON object, before anybody
 *     repaired it
 * @param rationaleExact the sentence is free text and does not count as an extracted field
 * @param error what the API answered in place of an analysis; empty when there is one
 */
public record Verdict(
    String id, boolean validJson, List<Miss> misses, boolean rationaleExact, String error) {
  /** The extracted fields, in the order of the schema. */
  public static final List<String> FIELDS =
      List.of(
          "company",
          "sector",
          "transaction_type",
          "enterprise_value",
          "revenue",
          "ebitda",
          "ev_ebitda",
          "revenue_growth_pct",
          "net_leverage",
          "top_customer_pct",
          "key_risks",
          "recommendation");

  /**
   * A field that is wrong.
   *
   * @param expected JSON text of the truth
   * @param actual JSON text of the answer, empty when there is none
   */
  public record Miss(String field, String expected, String actual) {}

  public Verdict {
    misses = List.copyOf(misses);
  }

  /**
   * @param generated the model's text
   * @param fields the analysis in the API's answer
   */
  static Verdict of(LabelledMemo memo, String generated, JsonNode fields) {
    return new Verdict(
        memo.id(),
        isJsonObject(generated),
        misses(memo.answer(), fields),
        same(memo.answer().path("rationale"), fields.path("rationale")),
        "");
  }

  /** An answer that is an error has every field wrong. */
  static Verdict failed(LabelledMemo memo, String generated, String error) {
    return new Verdict(
        memo.id(),
        isJsonObject(generated),
        misses(memo.answer(), MissingNode.getInstance()),
        false,
        error);
  }

  private static List<Miss> misses(JsonNode expected, JsonNode actual) {
    List<Miss> misses = new ArrayList<>();
    for (String field : FIELDS) {
      if (!same(expected.path(field), actual.path(field))) {
        misses.add(new Miss(field, expected.path(field).toString(), actual.path(field).toString()));
      }
    }
    return misses;
  }

  /** Equal values; 12 and 12.0 are the same number. */
  static boolean same(JsonNode expected, JsonNode actual) {
    if (expected.isNumber() && actual.isNumber()) {
      return expected.decimalValue().compareTo(actual.decimalValue()) == 0;
    }
    if (expected.isObject() && actual.isObject()) {
      return expected.size() == actual.size()
          && expected.properties().stream()
              .allMatch(field -> same(field.getValue(), actual.path(field.getKey())));
    }
    if (expected.isArray() && actual.isArray()) {
      boolean same = expected.size() == actual.size();
      for (int i = 0; same && i < expected.size(); i++) {
        same = same(expected.get(i), actual.get(i));
      }
      return same;
    }
    return expected.equals(actual);
  }

  private static boolean isJsonObject(String text) {
    try {
      return JsonMapper.shared().readTree(text).isObject();
    } catch (JacksonException invalid) {
      return false;
    }
  }
}
