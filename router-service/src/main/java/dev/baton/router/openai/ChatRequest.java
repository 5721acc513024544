package dev.baton.router.openai;

import dev.baton.contracts.SamplingParams;
import dev.baton.router.http.RequestFields;
import dev.baton.router.text.ChatMessage;
import dev.baton.router.text.GenerationDefaults;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A checked chat completion request.
 *
 * @param maxTokens empty for all that the context leaves
 * @param logprobs whether to report log probabilities
 */
record ChatRequest(
    String model,
    List<ChatMessage> messages,
    boolean stream,
    boolean includeUsage,
    boolean logprobs,
    OptionalInt maxTokens,
    List<String> stop,
    RequestFields fields) {
  private static final int MAX_STOPS = 4;

  static ChatRequest read(JsonNode body) {
    RequestFields fields = new RequestFields(body);
    UnsupportedFields.refuse(fields);
    boolean stream = fields.flag("stream");
    return new ChatRequest(
        fields.requiredString("model"),
        ChatMessages.read(fields.get("messages")),
        stream,
        includeUsage(fields, stream),
        fields.flag("logprobs"),
        maxTokens(fields),
        stop(fields.get("stop")),
        fields);
  }

  /** What the client asked for, else what the model's makers or OpenAI's defaults say. */
  SamplingParams sampling(GenerationDefaults defaults, LongSupplier seeds) {
    int topLogprobs = (int) fields.integer("top_logprobs", 0, 20).orElse(0);
    if (topLogprobs > 0 && !logprobs) {
      throw RequestFields.unsupported("top_logprobs", "'top_logprobs' needs 'logprobs': true.");
    }
    long topK = fields.integer("top_k", -1, Integer.MAX_VALUE).orElse(defaults.topK());
    return new SamplingParams(
        (float) fields.number("temperature", 0, 2).orElse(defaults.temperature()),
        (int) Math.max(0, topK),
        (float) Math.max(Float.MIN_VALUE, fields.number("top_p", 0, 1).orElse(defaults.topP())),
        (float) fields.number("min_p", 0, 1).orElse(defaults.minP()),
        (float) fields.number("repetition_penalty", 0.1, 10).orElse(defaults.repetitionPenalty()),
        (float) fields.number("presence_penalty", -2, 2).orElse(0),
        (float) fields.number("frequency_penalty", -2, 2).orElse(0),
        fields.integer("seed", Long.MIN_VALUE, Long.MAX_VALUE).orElseGet(seeds),
        topLogprobs);
  }

  /** OpenAI's hint that requests with the same key share a prefix. */
  Optional<String> session() {
    return fields.optionalString("prompt_cache_key");
  }

  private static OptionalInt maxTokens(RequestFields fields) {
    var older = fields.integer("max_tokens", 1, Integer.MAX_VALUE);
    var newer = fields.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
    var chosen = newer.isPresent() ? newer : older;
    return chosen.isPresent() ? OptionalInt.of((int) chosen.getAsLong()) : OptionalInt.empty();
  }

  private static boolean includeUsage(RequestFields fields, boolean stream) {
    @Nullable JsonNode options = fields.get("stream_options");
    if (options == null) {
      return false;
    }
    if (!options.isObject()) {
      throw RequestFields.invalidType("stream_options", "an object");
    }
    if (!stream) {
      throw RequestFields.unsupported(
          "stream_options", "'stream_options' is only allowed with 'stream': true.");
    }
    return new RequestFields(options).flag("include_usage");
  }

  private static List<String> stop(@Nullable JsonNode stop) {
    if (stop == null) {
      return List.of();
    }
    if (stop.isString() && !stop.stringValue().isEmpty()) {
      return List.of(stop.stringValue());
    }
    boolean valid = stop.isArray() && stop.size() <= MAX_STOPS;
    for (JsonNode one : stop) {
      valid &= one.isString() && !one.stringValue().isEmpty();
    }
    if (!valid) {
      throw RequestFields.invalidType("stop", "a string or up to 4 strings, none of them empty");
    }
    return stop.valueStream().map(JsonNode::stringValue).toList();
  }
}
