package dev.baton.autoscaler.apply;

import dev.baton.autoscaler.decide.Decision;
import dev.baton.autoscaler.decide.Tier;
import java.util.OptionalInt;

/** Carries decisions out. One owner thread; a call returns within a deadline and never throws. */
public interface Scaler {
  Mode mode();

  /**
   * Replicas that the tier is set to; empty where that is not known at the moment.
   *
   * @param reporting workers of the tier that report to the registry, empty while it is silent
   */
  OptionalInt current(Tier tier, OptionalInt reporting);

  Outcome apply(Decision decision);

  /** Whether decisions change anything. */
  enum Mode {
    RECOMMEND,
    APPLY
  }

  /** What became of a decision. */
  sealed interface Outcome {
    /** Nobody carries it out; it is for people to read. */
    record Recommended() implements Outcome {}

    /** The tier has that size already. */
    record Unchanged() implements Outcome {}

    record Scaled(int from, int to) implements Outcome {}

    record Failed(String reason) implements Outcome {}
  }
}
