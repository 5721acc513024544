package dev.baton.autoscaler.decide;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;

/**
 * Turns the needs of one tier over time into decisions: growth at once, shrinking only to the
 * largest size needed within the stabilisation window, the rule of Kubernetes' horizontal pod
 * autoscaler. While the signals are unknown the size stays. The size first found counts as needed
 * then, so that a restarted autoscaler shrinks nothing before a window has passed.
 *
 * <p>One owner thread.
 */
public final class TierDecider {
  private final Tier tier;
  private final Bounds bounds;
  private final Duration scaleDownWindow;

  /**
   * Needs of the window that no later one exceeds: times rise, replicas fall from first to last.
   */
  private final Deque<Past> window = new ArrayDeque<>();

  private boolean seeded;
  private OptionalInt lastDesired = OptionalInt.empty();

  private record Past(Instant at, int replicas) {}

  public TierDecider(Tier tier, Bounds bounds, Duration scaleDownWindow) {
    if (scaleDownWindow.isNegative()) {
      throw new IllegalArgumentException(
          "scale-down-window must not be negative: " + scaleDownWindow);
    }
    this.tier = tier;
    this.bounds = bounds;
    this.scaleDownWindow = scaleDownWindow;
  }

  /**
   * @param current replicas that the tier is set to; empty where that is not known
   * @param now never before that of an earlier call
   */
  public Decision decide(Need need, OptionalInt current, Instant now) {
    if (!seeded && current.isPresent()) {
      seeded = true;
      remember(bounds.clamp(current.getAsInt()), now);
    }
    List<String> reasons = new ArrayList<>(need.reasons());
    int desired =
        switch (need) {
          case Need.Replicas known -> stabilise(known.count(), now, reasons);
          case Need.Unknown unknown -> hold(unknown, current, now, reasons);
        };
    lastDesired = OptionalInt.of(desired);
    return new Decision(tier, desired, reasons);
  }

  private int stabilise(long needed, Instant now, List<String> reasons) {
    int bounded = bounds.clamp(needed);
    if (bounded < needed) {
      reasons.add("held to max-replicas " + bounds.max());
    } else if (bounded > needed) {
      reasons.add("raised to min-replicas " + bounds.min());
    }
    remember(bounded, now);
    Past largest = window.getFirst();
    if (largest.replicas() > bounded) {
      reasons.add(
          "%d needed %d s ago, within the scale-down window of %d s"
              .formatted(
                  largest.replicas(),
                  Duration.between(largest.at(), now).toSeconds(),
                  scaleDownWindow.toSeconds()));
    }
    return largest.replicas();
  }

  private int hold(Need.Unknown unknown, OptionalInt current, Instant now, List<String> reasons) {
    int kept = current.orElse(lastDesired.orElse(bounds.min()));
    int desired = bounds.clamp(Math.max(kept, unknown.atLeast()));
    reasons.add("holding " + desired);
    remember(desired, now);
    return desired;
  }

  private void remember(int replicas, Instant now) {
    Instant start = now.minus(scaleDownWindow);
    while (!window.isEmpty() && window.getFirst().at().isBefore(start)) {
      window.removeFirst();
    }
    while (!window.isEmpty() && window.getLast().replicas() <= replicas) {
      window.removeLast();
    }
    window.addLast(new Past(now, replicas));
  }
}
