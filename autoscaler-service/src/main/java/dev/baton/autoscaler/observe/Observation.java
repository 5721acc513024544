package dev.baton.autoscaler.observe;

import dev.baton.autoscaler.decide.DecodeSignals;
import dev.baton.autoscaler.decide.PrefillSignals;
import dev.baton.autoscaler.decide.Tier;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;

/**
 * What is known of the platform at one moment.
 *
 * @param prefillWorkers workers that report; empty while the registry is silent
 * @param problems sources that did not answer this time
 */
public record Observation(
    Instant at,
    PrefillSignals prefill,
    DecodeSignals decode,
    OptionalInt prefillWorkers,
    OptionalInt decodeWorkers,
    List<Problem> problems) {
  public Observation {
    problems = List.copyOf(problems);
  }

  /** A source that did not answer, and why. */
  public record Problem(String source, String message) {}

  public OptionalInt workers(Tier tier) {
    return switch (tier) {
      case PREFILL -> prefillWorkers;
      case DECODE -> decodeWorkers;
    };
  }
}
