package dev.baton.router.answer;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Token counts as OpenAI reports them.
 *
 * @param cachedTokens null where the answer ended before the workers reported it
 */
public record Usage(int promptTokens, int completionTokens, @Nullable Integer cachedTokens) {

  public static Usage of(int promptTokens, TextEvent.End end) {
    var summary = end.summary();
    return new Usage(
        promptTokens, end.outputTokens(), summary == null ? null : summary.cachedTokens());
  }

  public ObjectNode json() {
    ObjectNode usage = JsonMapper.shared().createObjectNode();
    usage
        .put("prompt_tokens", promptTokens)
        .put("completion_tokens", completionTokens)
        .put("total_tokens", promptTokens + completionTokens);
    if (cachedTokens != null) {
      usage.putObject("prompt_tokens_details").put("cached_tokens", cachedTokens);
    }
    return usage;
  }
}
