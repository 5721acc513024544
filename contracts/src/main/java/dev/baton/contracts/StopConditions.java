package dev.baton.contracts;

/**
 * When a generation ends.
 *
 * @param maxTokens output tokens at most
 * @param stopTokens ids that end the output and are not part of it (end of sequence among them)
 */
public record StopConditions(int maxTokens, TokenIds stopTokens) {
  public StopConditions {
    Checks.range("max_tokens", maxTokens, 1, Integer.MAX_VALUE);
  }
}
