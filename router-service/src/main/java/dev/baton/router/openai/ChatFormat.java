package dev.baton.router.openai;

import dev.baton.contracts.FinishReason;
import dev.baton.contracts.SampledToken;
import dev.baton.router.answer.Usage;
import dev.baton.router.text.TextModel;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON of one chat completion: the whole answer or its chunks. Immutable. */
final class ChatFormat {
  private static final JsonMapper JSON = JsonMapper.shared();

  private final String id;
  private final Instant created;
  private final TextModel model;
  private final boolean logprobs;

  ChatFormat(String id, Instant created, TextModel model, boolean logprobs) {
    this.id = id;
    this.created = created;
    this.model = model;
    this.logprobs = logprobs;
  }

  ObjectNode completion(String text, List<SampledToken> tokens, FinishReason reason, Usage usage) {
    ObjectNode answer = envelope("chat.completion");
    ObjectNode choice = answer.putArray("choices").addObject();
    choice.put("index", 0);
    choice.putObject("message").put("role", "assistant").put("content", text).putNull("refusal");
    putLogprobs(choice, tokens);
    choice.put("finish_reason", name(reason));
    answer.set("usage", usage.json());
    return answer;
  }

  /** The first chunk: who speaks. */
  ObjectNode role() {
    return chunk(
        JSON.createObjectNode().put("role", "assistant").put("content", ""), List.of(), null);
  }

  ObjectNode delta(String text, List<SampledToken> tokens) {
    return chunk(JSON.createObjectNode().put("content", text), tokens, null);
  }

  ObjectNode finish(FinishReason reason) {
    return chunk(JSON.createObjectNode(), List.of(), reason);
  }

  /** The chunk after the last: no choice, the counts. */
  ObjectNode usage(Usage usage) {
    ObjectNode chunk = envelope("chat.completion.chunk");
    chunk.putArray("choices");
    chunk.set("usage", usage.json());
    return chunk;
  }

  private ObjectNode chunk(
      ObjectNode delta, List<SampledToken> tokens, @Nullable FinishReason reason) {
    ObjectNode chunk = envelope("chat.completion.chunk");
    ObjectNode choice = chunk.putArray("choices").addObject();
    choice.put("index", 0);
    choice.set("delta", delta);
    putLogprobs(choice, tokens);
    choice.put("finish_reason", reason == null ? null : name(reason));
    return chunk;
  }

  private ObjectNode envelope(String object) {
    return JSON.createObjectNode()
        .put("id", id)
        .put("object", object)
        .put("created", created.getEpochSecond())
        .put("model", model.name());
  }

  private void putLogprobs(ObjectNode choice, List<SampledToken> tokens) {
    if (!logprobs) {
      choice.putNull("logprobs");
      return;
    }
    ArrayNode content = choice.putObject("logprobs").putArray("content");
    for (SampledToken token : tokens) {
      ObjectNode entry = content.addObject();
      putToken(entry, token.tokenId(), token.logprob());
      ArrayNode top = entry.putArray("top_logprobs");
      token.top().forEach(one -> putToken(top.addObject(), one.tokenId(), one.logprob()));
    }
  }

  private void putToken(ObjectNode entry, int token, float logprob) {
    byte[] bytes = model.tokenBytes(token);
    entry.put("token", new String(bytes, StandardCharsets.UTF_8)).put("logprob", logprob);
    ArrayNode values = entry.putArray("bytes");
    for (byte value : bytes) {
      values.add(value & 0xFF);
    }
  }

  private static String name(FinishReason reason) {
    return switch (reason) {
      case STOP -> "stop";
      case LENGTH -> "length";
    };
  }
}
