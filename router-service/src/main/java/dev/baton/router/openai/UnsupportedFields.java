package dev.baton.router.openai;

import dev.baton.router.http.RequestFields;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What a client may ask for and would not get: refused by name instead of ignored. */
final class UnsupportedFields {
  private static final String[] NEVER = {
    "tools", "functions", "function_call", "audio", "logit_bias", "prediction", "web_search_options"
  };

  private UnsupportedFields() {}

  static void refuse(RequestFields fields) {
    for (String field : NEVER) {
      @Nullable JsonNode value = fields.get(field);
      if (value != null && !(value.isContainer() && value.isEmpty())) {
        throw RequestFields.unsupported(field, "'" + field + "' is not supported.");
      }
    }
    @Nullable JsonNode choice = fields.get("tool_choice");
    if (choice != null && !choice.asString("").matches("none|auto")) {
      throw RequestFields.unsupported("tool_choice", "'tool_choice' is not supported.");
    }
    if (fields.integer("n", 1, Integer.MAX_VALUE).orElse(1) != 1) {
      throw RequestFields.unsupported("n", "Only one choice is supported: 'n' must be 1.");
    }
    @Nullable JsonNode format = fields.get("response_format");
    if (format != null && !format.path("type").asString("").equals("text")) {
      throw RequestFields.unsupported(
          "response_format", "Only 'response_format': {\"type\": \"text\"} is supported.");
    }
    @Nullable JsonNode modalities = fields.get("modalities");
    if (modalities != null
        && !(modalities.size() == 1 && modalities.path(0).asString("").equals("text"))) {
      throw RequestFields.unsupported("modalities", "Only the modality 'text' is supported.");
    }
  }
}
