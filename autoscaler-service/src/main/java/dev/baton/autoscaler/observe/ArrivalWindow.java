package dev.baton.autoscaler.observe;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Requests a second over a sliding window, from a counter that only grows. Always divides by the
 * whole window: a burst right after the start is backlog, not a rate. One owner thread.
 */
final class ArrivalWindow {
  private final Duration length;
  private final Deque<Sample> samples = new ArrayDeque<>();

  private record Sample(Instant at, long published) {}

  ArrivalWindow(Duration length) {
    this.length = length;
  }

  /** Takes a reading of the counter and returns the rate; a counter that fell starts anew. */
  double rate(long published, Instant now) {
    if (!samples.isEmpty() && samples.getLast().published() > published) {
      samples.clear();
    }
    samples.addLast(new Sample(now, published));
    Instant start = now.minus(length);
    while (samples.getFirst().at().isBefore(start)) {
      samples.removeFirst();
    }
    return (published - samples.getFirst().published()) / (length.toNanos() / 1e9);
  }
}
