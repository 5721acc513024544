package dev.baton.contracts;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** One line of a decode worker's token stream. After {@code Finished} or {@code Failed} it ends. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = TokenEvent.Accepted.class, name = "accepted"),
  @JsonSubTypes.Type(value = TokenEvent.Token.class, name = "token"),
  @JsonSubTypes.Type(value = TokenEvent.Finished.class, name = "finished"),
  @JsonSubTypes.Type(value = TokenEvent.Failed.class, name = "failed")
})
public sealed interface TokenEvent {

  /** The worker has taken the request on; sent at once. */
  record Accepted(RequestId request, int attempt, LaneRef worker) implements TokenEvent {}

  /**
   * One output token.
   *
   * @param position its index in the whole sequence, prompt included
   */
  record Token(int position, SampledToken token) implements TokenEvent {}

  /** The generation ended by itself. */
  record Finished(FinishReason reason, int outputTokens, GenerationTimings timings)
      implements TokenEvent {}

  /** The generation cannot go on here; {@code retryable} says whether another worker might. */
  record Failed(String code, String message, boolean retryable) implements TokenEvent {}
}
