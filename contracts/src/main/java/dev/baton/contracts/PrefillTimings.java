package dev.baton.contracts;

import java.time.Duration;

/**
 * Where the time and the tokens of a prefill went.
 *
 * @param queued from publication to the first scheduled chunk
 * @param computed from the first scheduled chunk to the first token, pulling included
 * @param pulling time in which blocks were pulled from another worker
 * @param computedTokens tokens that ran through the model
 * @param reusedTokens tokens whose blocks were resident
 * @param pulledTokens tokens whose blocks were pulled from another worker
 */
public record PrefillTimings(
    Duration queued,
    Duration computed,
    Duration pulling,
    int computedTokens,
    int reusedTokens,
    int pulledTokens) {
  public static final PrefillTimings NONE =
      new PrefillTimings(Duration.ZERO, Duration.ZERO, Duration.ZERO, 0, 0, 0);
}
