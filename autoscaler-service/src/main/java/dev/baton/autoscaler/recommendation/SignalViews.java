package dev.baton.autoscaler.recommendation;

import dev.baton.autoscaler.decide.DecodeSignals;
import dev.baton.autoscaler.decide.PrefillSignals;
import dev.baton.autoscaler.decide.Reading;
import dev.baton.autoscaler.recommendation.Recommendation.SignalView;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Signals as a recommendation shows them. */
final class SignalViews {
  private SignalViews() {}

  static List<SignalView> of(PrefillSignals signals, Instant now) {
    return List.of(
        view("queuedRequests", "requests", signals.queuedRequests(), now),
        view("queuedTokens", "tokens", signals.queuedTokens(), now),
        view("arrivals", "requests/s", signals.arrivals(), now),
        view("tokensPerRequest", "tokens", signals.tokensPerRequest(), now),
        view("tokensPerSecondPerWorker", "tokens/s", signals.tokensPerSecond(), now));
  }

  static List<SignalView> of(DecodeSignals signals, Instant now) {
    return List.of(
        view("workers", "workers", signals.workers(), now),
        view("runningSequences", "sequences", signals.running(), now),
        view("waitingRequests", "requests", signals.waiting(), now),
        view("usedBlocks", "blocks", signals.usedBlocks(), now),
        view("capacityBlocks", "blocks", signals.capacityBlocks(), now));
  }

  private static SignalView view(String name, String unit, Optional<Reading> reading, Instant now) {
    return reading
        .map(known ->
            new SignalView(
                name, unit, known.value(), Duration.between(known.at(), now).toMillis() / 1000.0))
        .orElseGet(() -> new SignalView(name, unit, null, null));
  }
}
