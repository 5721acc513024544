package dev.baton.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * Fencing token of a lane lease: grows with every grant of any lane, so a message that names an
 * older epoch than the current one comes from, or is meant for, a worker that is gone.
 */
public record Epoch(@JsonValue long value) implements Comparable<Epoch> {
  @JsonCreator
  public Epoch {
    Checks.range("epoch", value, 1, Long.MAX_VALUE);
  }

  @Override
  public int compareTo(Epoch other) {
    return Long.compare(value, other.value);
  }
}
