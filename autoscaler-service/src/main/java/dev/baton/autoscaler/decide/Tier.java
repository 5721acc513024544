package dev.baton.autoscaler.decide;

/** The two kinds of workers, sized each by its own signal. */
public enum Tier {
  PREFILL,
  DECODE
}
