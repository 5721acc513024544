package dev.baton.kvtransfer;

import java.time.Duration;

/** A point of {@link System#nanoTime()} after which an answer is of no use any more. */
public record Deadline(long nanoTime) {
  public static Deadline after(Duration time) {
    return new Deadline(System.nanoTime() + time.toNanos());
  }

  /** Nanoseconds left, at least 0. */
  public long remainingNanos() {
    return Math.max(0, nanoTime - System.nanoTime());
  }

  public boolean expired() {
    return nanoTime - System.nanoTime() <= 0;
  }

  public Deadline min(Deadline other) {
    return nanoTime - other.nanoTime <= 0 ? this : other;
  }
}
