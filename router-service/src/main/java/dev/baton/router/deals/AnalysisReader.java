package dev.baton.router.deals;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the model's answer strictly: exactly the schema's keys, exactly its types and closed lists.
 * Nothing is repaired or guessed.
 */
final class AnalysisReader {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();
  private static final Set<String> KEYS =
      Set.of(
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
          "recommendation",
          "rationale");
  private static final int MAX_DIGITS = 18;
  private static final Set<String> MONEY_KEYS = Set.of("amount", "currency", "unit");

  private AnalysisReader() {}

  static DealAnalysis read(String answer) throws InvalidAnalysisException {
    JsonNode json;
    try {
      json = JSON.readTree(answer);
    } catch (JacksonException e) {
      throw new InvalidAnalysisException("it is not JSON: " + e.getOriginalMessage());
    }
    requireKeys("the answer", json, KEYS);
    return new DealAnalysis(
        text(json, "company", DealVocabulary.MAX_COMPANY),
        listed(json.path("sector"), "sector", DealVocabulary.SECTORS),
        listed(json.path("transaction_type"), "transaction_type", DealVocabulary.TRANSACTION_TYPES),
        money(json, "enterprise_value"),
        money(json, "revenue"),
        money(json, "ebitda"),
        number(json, "ev_ebitda"),
        number(json, "revenue_growth_pct"),
        number(json, "net_leverage"),
        number(json, "top_customer_pct"),
        risks(json.path("key_risks")),
        listed(json.path("recommendation"), "recommendation", DealVocabulary.RECOMMENDATIONS),
        text(json, "rationale", DealVocabulary.MAX_RATIONALE));
  }

  private static void requireKeys(String what, JsonNode json, Set<String> keys)
      throws InvalidAnalysisException {
    if (!json.isObject()) {
      throw new InvalidAnalysisException(what + " is not a JSON object");
    }
    Set<String> missing = new TreeSet<>(keys);
    missing.removeAll(json.propertyNames());
    if (!missing.isEmpty()) {
      throw new InvalidAnalysisException(what + " lacks " + String.join(", ", missing));
    }
    Set<String> unknown = new TreeSet<>(json.propertyNames());
    unknown.removeAll(keys);
    if (!unknown.isEmpty()) {
      throw new InvalidAnalysisException(what + " has unknown keys " + String.join(", ", unknown));
    }
  }

  private static String text(JsonNode json, String key, int longest)
      throws InvalidAnalysisException {
    JsonNode value = json.path(key);
    if (!value.isString() || value.stringValue().isBlank()) {
      throw new InvalidAnalysisException(key + " must be a text");
    }
    if (value.stringValue().length() > longest) {
      throw new InvalidAnalysisException(key + " is longer than " + longest + " characters");
    }
    return value.stringValue();
  }

  private static String listed(JsonNode value, String key, List<String> allowed)
      throws InvalidAnalysisException {
    if (!value.isString() || !allowed.contains(value.stringValue())) {
      throw new InvalidAnalysisException(key + " must be one of " + allowed + ", was " + value);
    }
    return value.stringValue();
  }

  private static @Nullable BigDecimal number(JsonNode json, String key)
      throws InvalidAnalysisException {
    JsonNode value = json.path(key);
    if (value.isNull()) {
      return null;
    }
    if (!value.isNumber()) {
      throw new InvalidAnalysisException(key + " must be a number or null");
    }
    BigDecimal number = value.decimalValue();
    if (number.precision() > MAX_DIGITS || Math.abs((long) number.scale()) > MAX_DIGITS) {
      throw new InvalidAnalysisException(key + " is no plausible number");
    }
    return number;
  }

  private static @Nullable Money money(JsonNode json, String key) throws InvalidAnalysisException {
    JsonNode value = json.path(key);
    if (value.isNull()) {
      return null;
    }
    requireKeys(key, value, MONEY_KEYS);
    @Nullable BigDecimal amount = number(value, "amount");
    if (amount == null) {
      throw new InvalidAnalysisException(key + ".amount must be a number");
    }
    String currency = listed(value.path("currency"), key + ".currency", DealVocabulary.CURRENCIES);
    for (Money.Unit unit : Money.Unit.values()) {
      if (unit.word().equals(value.path("unit").asString(""))) {
        return new Money(amount, currency, unit);
      }
    }
    throw new InvalidAnalysisException(key + ".unit must be thousand, million or billion");
  }

  private static List<String> risks(JsonNode value) throws InvalidAnalysisException {
    if (!value.isArray() || value.size() > DealVocabulary.MAX_RISKS) {
      throw new InvalidAnalysisException(
          "key_risks must be an array of at most " + DealVocabulary.MAX_RISKS);
    }
    List<String> risks = new ArrayList<>();
    for (JsonNode risk : value) {
      String name = listed(risk, "key_risks", DealVocabulary.RISKS);
      if (risks.contains(name)) {
        throw new InvalidAnalysisException("key_risks names " + name + " twice");
      }
      risks.add(name);
    }
    return risks;
  }
}
