package dev.baton.router.answer;

import dev.baton.contracts.FinishReason;
import dev.baton.contracts.SampledToken;
import dev.baton.router.explain.GenerationSummary;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A generation as text. */
public sealed interface TextEvent {
  /**
   * What one more token made showable.
   *
   * @param text perhaps empty, where a character is incomplete or a stop string may have begun
   * @param tokens those whose text is now shown whole
   */
  record Piece(String text, List<SampledToken> tokens) implements TextEvent {}

  /**
   * Always last.
   *
   * @param text the last piece, perhaps empty
   * @param outputTokens tokens received, those of a stop string included
   * @param summary null where a stop string ended the answer early
   */
  record End(
      String text,
      List<SampledToken> tokens,
      FinishReason reason,
      int outputTokens,
      @Nullable GenerationSummary summary)
      implements TextEvent {}
}
