package dev.baton.router.text;

import dev.baton.router.errors.ApiException;

/** Checks that prompt and output fit a model's context. */
public final class PromptLimits {
  private PromptLimits() {}

  /** Output tokens where the client named no limit: all that the context leaves. */
  public static int remaining(TextModel model, int promptTokens) {
    requireFit(model, promptTokens, 1);
    return model.contextLength() - promptTokens;
  }

  /**
   * @throws ApiException 400 {@code context_length_exceeded} that names both numbers
   */
  public static void requireFit(TextModel model, int promptTokens, int maxTokens) {
    if ((long) promptTokens + maxTokens > model.contextLength()) {
      throw ApiException.invalid(
          "messages",
          "context_length_exceeded",
          "The prompt of %d tokens and %d output tokens need %d tokens; the context of model `%s` is %d tokens."
              .formatted(
                  promptTokens,
                  maxTokens,
                  (long) promptTokens + maxTokens,
                  model.name(),
                  model.contextLength()));
    }
  }
}
