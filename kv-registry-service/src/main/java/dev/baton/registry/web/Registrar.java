package dev.baton.registry.web;

import dev.baton.contracts.Epoch;
import dev.baton.contracts.HeartbeatReply;
import dev.baton.contracts.LaneGrant;
import dev.baton.contracts.WorkerHeartbeat;
import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerLoad;
import dev.baton.contracts.WorkerRegistration;
import dev.baton.contracts.WorkerState;
import dev.baton.contracts.WorkerView;
import dev.baton.registry.directory.WorkerDirectory;
import dev.baton.registry.lanes.LaneLeases;
import dev.baton.registry.residency.ResidencyStore;
import java.time.Clock;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** What happens when a worker comes, beats and goes. */
@Component
class Registrar {
  private final LaneLeases lanes;
  private final WorkerDirectory directory;
  private final ResidencyStore residency;
  private final Clock clock;

  Registrar(LaneLeases lanes, WorkerDirectory directory, ResidencyStore residency, Clock clock) {
    this.lanes = lanes;
    this.directory = directory;
    this.residency = residency;
    this.clock = clock;
  }

  Optional<LaneGrant> register(WorkerRegistration registration) {
    Optional<LaneGrant> granted = lanes.grant(registration.worker(), registration.previous());
    granted.ifPresent(grant ->
        directory.put(
            new WorkerView(
                registration,
                grant.lane(),
                grant.epoch(),
                WorkerState.READY,
                new WorkerLoad(0, 0, 0, registration.capacityBlocks(), 0, 0),
                clock.instant()),
            lanes.ttl()));
    return granted;
  }

  HeartbeatReply heartbeat(WorkerHeartbeat beat) {
    HeartbeatReply.Outcome outcome = lanes.renew(beat.lane());
    if (outcome != HeartbeatReply.Outcome.RENEWED) {
      return new HeartbeatReply(outcome, false);
    }
    Optional<WorkerView> known =
        directory.of(beat.lane().lane()).filter(view -> view.epoch().equals(beat.lane().epoch()));
    if (known.isEmpty()) {
      return new HeartbeatReply(HeartbeatReply.Outcome.UNKNOWN, false);
    }
    WorkerView view = known.get();
    directory.put(
        new WorkerView(
            view.registration(),
            view.lane(),
            view.epoch(),
            beat.state(),
            beat.load(),
            clock.instant()),
        lanes.ttl());
    return new HeartbeatReply(outcome, residency.snapshotDue(beat.lane(), beat.eventSequence()));
  }

  void release(WorkerId worker, Epoch epoch) {
    lanes.release(worker, epoch);
  }
}
