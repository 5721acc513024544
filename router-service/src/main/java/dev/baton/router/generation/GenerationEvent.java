package dev.baton.router.generation;

import dev.baton.contracts.FinishReason;
import dev.baton.contracts.SampledToken;
import dev.baton.router.explain.GenerationSummary;

/**
 * What a generation yields. A failure is not an event: the Flux errors with {@link
 * dev.baton.router.errors.ApiException}.
 */
public sealed interface GenerationEvent {
  /**
   * One output token.
   *
   * @param position its index in the whole sequence, prompt included
   */
  record Token(int position, SampledToken token) implements GenerationEvent {}

  /** Always last on success. */
  record Completed(FinishReason reason, GenerationSummary summary) implements GenerationEvent {}
}
