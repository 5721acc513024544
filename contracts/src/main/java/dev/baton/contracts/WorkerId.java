package dev.baton.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** Name of a worker process, unique in a cluster and kept over restarts (a pod name, say). */
public record WorkerId(@JsonValue String value) {
  @JsonCreator
  public WorkerId {
    Checks.name("worker id", value);
  }

  @Override
  public String toString() {
    return value;
  }
}
