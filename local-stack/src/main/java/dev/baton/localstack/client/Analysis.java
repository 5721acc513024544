package dev.baton.localstack.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * An analysis as the API answers it.
 *
 * @param json the whole answer
 */
public record Analysis(JsonNode json) {
  /**
   * What the memo says about one field.
   *
   * @param status {@code supported}, {@code unsupported} or {@code inconsistent}
   * @param quote the memo's words, empty where none support the value
   */
  public record Evidence(String field, String status, String quote) {}

  public static Analysis parse(String json) {
    return new Analysis(JsonMapper.shared().readTree(json));
  }

  public String id() {
    return json.path("id").asString("");
  }

  /** The extracted fields, by name. */
  public JsonNode fields() {
    return json.path("analysis");
  }

  public List<Evidence> evidence() {
    List<Evidence> all = new ArrayList<>();
    for (JsonNode item : json.path("evidence")) {
      all.add(
          new Evidence(
              item.path("field").asString(""),
              item.path("status").asString(""),
              item.path("quote").asString("")));
    }
    return List.copyOf(all);
  }

  public Optional<Evidence> evidence(String field) {
    return evidence().stream().filter(evidence -> evidence.field().equals(field)).findFirst();
  }

  public int promptTokens() {
    return json.path("usage").path("prompt_tokens").asInt(0);
  }

  public int cachedTokens() {
    return json.path("usage").path("prompt_tokens_details").path("cached_tokens").asInt(0);
  }

  public int completionTokens() {
    return json.path("usage").path("completion_tokens").asInt(0);
  }

  /**
   * Milliseconds of one stage: queue, prefill, kv_transfer, ttft, tpot or total; empty where it did
   * not happen.
   */
  public OptionalDouble timing(String stage) {
    JsonNode value = json.path("timings").path(stage);
    return value.isNumber() ? OptionalDouble.of(value.asDouble()) : OptionalDouble.empty();
  }
}
