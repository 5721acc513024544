package dev.baton.autoscaler.decide;

import java.time.Instant;

/** A measured value and when it was true. */
public record Reading(double value, Instant at) {
  public Reading {
    if (!Double.isFinite(value) || value < 0) {
      throw new IllegalArgumentException("a reading is finite and not negative, was " + value);
    }
  }
}
