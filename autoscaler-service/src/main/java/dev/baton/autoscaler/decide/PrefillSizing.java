package dev.baton.autoscaler.decide;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Sizes the prefill tier: enough workers to read what is queued within the target delay, while new
 * prompts keep coming at the present rate.
 *
 * <pre>
 * replicas = ⌈(queued tokens / target delay + arriving tokens a second) / tokens a second of one worker⌉
 * </pre>
 *
 * <p>The first term reacts to a burst, the second keeps a busy tier from shrinking merely because
 * it keeps up. Prefixes that turn out to be cached make the true need smaller.
 *
 * @param targetQueueDelay how long a request should wait at most before it is computed
 */
public record PrefillSizing(Duration targetQueueDelay) {
  public PrefillSizing {
    if (!targetQueueDelay.isPositive()) {
      throw new IllegalArgumentException(
          "target-queue-delay must be positive: " + targetQueueDelay);
    }
  }

  public Need need(PrefillSignals signals) {
    double arrivals = signals.arrivals().map(Reading::value).orElse(0.0);
    if (signals.queuedRequests().isEmpty()) {
      return new Need.Unknown(
          arrivals > 0 ? 1 : 0, List.of("the backlog of the prefill queue is unknown"));
    }
    double queued = signals.queuedRequests().get().value();
    if (queued == 0 && arrivals == 0) {
      return new Need.Replicas(0, List.of("nothing is queued and nothing arrives"));
    }
    if (signals.tokensPerRequest().isEmpty()) {
      return new Need.Unknown(1, List.of("the length of the queued prompts is unknown"));
    }
    double rate = signals.tokensPerSecond().map(Reading::value).orElse(0.0);
    if (rate <= 0) {
      return new Need.Unknown(
          1, List.of("no prefill worker has measured its tokens per second yet"));
    }
    double tokens = signals.tokensPerRequest().get().value();
    double queuedWork = queued * tokens / (targetQueueDelay.toNanos() / 1e9);
    double arrivingWork = arrivals * tokens;
    long replicas = (long) Math.ceil((queuedWork + arrivingWork) / rate);
    return new Need.Replicas(
        replicas,
        List.of(
            String.format(
                Locale.ROOT,
                "%.0f queued requests of %.0f tokens to read within %.1f s, %.0f tokens/s arriving, at %.0f tokens/s a"
                    + " worker: %d",
                queued,
                tokens,
                targetQueueDelay.toNanos() / 1e9,
                arrivingWork,
                rate,
                replicas)));
  }
}
