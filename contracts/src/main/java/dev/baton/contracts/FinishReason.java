package dev.baton.contracts;

/** Why a generation ended by itself. */
public enum FinishReason {
  /** A stop token. */
  STOP,
  /** {@link StopConditions#maxTokens} or the model's context. */
  LENGTH
}
