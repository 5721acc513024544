package dev.baton.autoscaler.decide;

import java.util.Optional;

/**
 * What sizes the prefill tier; empty where it is not known, or not known any more.
 *
 * @param queuedRequests records of the share group not yet acknowledged, those under way included
 * @param arrivals requests a second that came lately
 * @param tokensPerRequest mean prompt length of queued requests
 * @param tokensPerSecond measured prefill rate of one worker
 */
public record PrefillSignals(
    Optional<Reading> queuedRequests,
    Optional<Reading> arrivals,
    Optional<Reading> tokensPerRequest,
    Optional<Reading> tokensPerSecond) {
  public static final PrefillSignals NONE =
      new PrefillSignals(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  public Optional<Reading> queuedTokens() {
    return queuedRequests.flatMap(requests -> {
      if (requests.value() == 0) {
        return Optional.of(requests);
      }
      return tokensPerRequest.map(
          tokens -> new Reading(requests.value() * tokens.value(), requests.at()));
    });
  }
}
