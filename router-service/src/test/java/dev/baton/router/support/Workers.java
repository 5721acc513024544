package dev.baton.router.support;

import dev.baton.contracts.Epoch;
import dev.baton.contracts.KvDtype;
import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.Lane;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.Role;
import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerLoad;
import dev.baton.contracts.WorkerRegistration;
import dev.baton.contracts.WorkerState;
import dev.baton.contracts.WorkerView;
import java.net.URI;
import java.time.Instant;
import java.util.Optional;

/** Workers as a directory shows them. */
public final class Workers {
  public static final ModelFingerprint FINGERPRINT = new ModelFingerprint("0a".repeat(16));
  public static final KvLayout LAYOUT = new KvLayout(2, 8, 16, 64, KvDtype.F32);
  public static final int BLOCKS = 4096;

  private Workers() {}

  public static WorkerView decode(int lane) {
    return of("decode-" + lane, Role.DECODE, lane, URI.create("http://127.0.0.1:9"));
  }

  public static WorkerView prefill(int lane) {
    return of("prefill-" + lane, Role.PREFILL, lane, URI.create("http://127.0.0.1:9"));
  }

  public static WorkerView of(String id, Role role, int lane, URI http) {
    return new WorkerView(
        new WorkerRegistration(
            WorkerRegistration.VERSION,
            new WorkerId(id),
            role,
            "deal-analyst",
            FINGERPRINT,
            LAYOUT,
            http,
            new KvEndpoint("127.0.0.1", 9),
            BLOCKS,
            8192,
            Optional.empty()),
        new Lane(lane),
        new Epoch(lane + 1),
        WorkerState.READY,
        new WorkerLoad(0, 0, 0, BLOCKS, 0, 0),
        Instant.now());
  }

  public static WorkerView with(WorkerView view, WorkerState state) {
    return new WorkerView(
        view.registration(), view.lane(), view.epoch(), state, view.load(), view.lastSeen());
  }

  public static WorkerView with(WorkerView view, WorkerLoad load) {
    return new WorkerView(
        view.registration(), view.lane(), view.epoch(), view.state(), load, view.lastSeen());
  }
}
