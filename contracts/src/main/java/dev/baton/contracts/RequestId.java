package dev.baton.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** Name of one client request, the same in every service, log line, metric exemplar and trace. */
public record RequestId(@JsonValue String value) {
  @JsonCreator
  public RequestId {
    Checks.name("request id", value);
  }

  @Override
  public String toString() {
    return value;
  }
}
