package dev.baton.contracts;

/** Whether a worker takes new work. A draining one still serves reads of its blocks. */
public enum WorkerState {
  READY,
  DRAINING
}
