package dev.baton.router.text;

import dev.baton.router.errors.ApiException;

/** Checks that prompt and output fit a model's context. */
public final class PromptLimits {
  /** By how much a tokenizer's normaliser may shrink a text. */
  private static final int NORMALISATION = 4;

  private PromptLimits() {}

  /** Output tokens where the client named no limit: all that the context leaves. */
  public static int remaining(TextModel model, String param, int promptTokens) {
    requireFit(model, param, promptTokens, 1);
    return model.contextLength() - promptTokens;
  }

  /**
   * @param param the request's parameter at fault
   * @throws ApiException 400 {@code context_length_exceeded} that names both numbers
   */
  public static void requireFit(TextModel model, String param, int promptTokens, int maxTokens) {
    if ((long) promptTokens + maxTokens > model.contextLength()) {
      throw ApiException.invalid(
          param,
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

  /**
   * Refuses text that cannot fit, without tokenizing it.
   *
   * @param longestToken bytes of the vocabulary's longest token
   * @throws ApiException 400 {@code context_length_exceeded}
   */
  static void requirePlausible(
      String model, String param, long bytes, int longestToken, int contextLength) {
    if (bytes > (long) NORMALISATION * longestToken * contextLength) {
      throw ApiException.invalid(
          param,
          "context_length_exceeded",
          "The prompt of %d bytes is longer than the context of model `%s`, which is %d tokens."
              .formatted(bytes, model, contextLength));
    }
  }
}
