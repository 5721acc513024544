package dev.baton.router.text;

import tools.jackson.databind.JsonNode;

/**
 * What a model's {@code generation_config.json} says about sampling, else OpenAI's defaults.
 *
 * @param topK 0 keeps all tokens
 */
public record GenerationDefaults(
    double temperature, double topP, int topK, double minP, double repetitionPenalty) {

  static GenerationDefaults of(JsonNode config) {
    boolean greedy = config.has("do_sample") && !config.path("do_sample").asBoolean(true);
    return new GenerationDefaults(
        greedy ? 0 : config.path("temperature").asDouble(1),
        config.path("top_p").asDouble(1),
        config.path("top_k").asInt(0),
        config.path("min_p").asDouble(0),
        config.path("repetition_penalty").asDouble(1));
  }
}
