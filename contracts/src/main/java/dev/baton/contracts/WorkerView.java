package dev.baton.contracts;

import java.time.Instant;

/** A worker as the registry's directory shows it. */
public record WorkerView(
    WorkerRegistration registration,
    Lane lane,
    Epoch epoch,
    WorkerState state,
    WorkerLoad load,
    Instant lastSeen) {
  public LaneRef ref() {
    return new LaneRef(registration.worker(), lane, epoch);
  }
}
