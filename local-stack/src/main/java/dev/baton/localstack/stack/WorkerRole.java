package dev.baton.localstack.stack;

import java.util.Locale;

/** What a worker does. */
public enum WorkerRole {
  PREFILL(ServiceKind.PREFILL),
  DECODE(ServiceKind.DECODE),
  /** Prefill and decode in one process: the monolithic mode. */
  BOTH(ServiceKind.DECODE);

  private final ServiceKind kind;

  WorkerRole(ServiceKind kind) {
    this.kind = kind;
  }

  ServiceKind kind() {
    return kind;
  }

  /** The property's value, and the first part of the worker's name. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
