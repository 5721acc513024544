package dev.baton.worker.loop;

import dev.baton.contracts.StopConditions;

/** What a sequence is run for. */
public sealed interface Goal {
  /** Compute everything, sample one token, keep the blocks for somebody else to read. */
  record HandOver() implements Goal {}

  /** Have blocks filled, keep them for reuse, compute nothing. */
  record Fetch() implements Goal {}

  /**
   * Generate until a stop token, the token limit, or the end of the context.
   *
   * @param stop {@code maxTokens} counts all tokens behind the client's prompt, those of earlier
   *     attempts included
   */
  record Generate(StopConditions stop) implements Goal {}
}
