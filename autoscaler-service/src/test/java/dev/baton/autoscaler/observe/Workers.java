package dev.baton.autoscaler.observe;

import dev.baton.contracts.Directory;
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
import java.util.List;
import java.util.Optional;

/** Directory entries for tests; every worker has 1,000 blocks. */
public final class Workers {
  private Workers() {}

  public static WorkerView worker(int lane, Role role, WorkerState state, WorkerLoad load) {
    return new WorkerView(
        new WorkerRegistration(
            WorkerRegistration.VERSION,
            new WorkerId("worker-" + lane),
            role,
            "m",
            new ModelFingerprint("00112233445566778899aabbccddeeff"),
            new KvLayout(1, 1, 16, 8, KvDtype.F32),
            URI.create("http://localhost:1"),
            new KvEndpoint("localhost", 1),
            1000,
            4096,
            Optional.empty()),
        new Lane(lane),
        new Epoch(1),
        state,
        load,
        Instant.EPOCH);
  }

  public static WorkerView prefill(int lane, double tokensPerSecond) {
    return worker(
        lane, Role.PREFILL, WorkerState.READY, new WorkerLoad(0, 0, 0, 1000, tokensPerSecond, 0));
  }

  public static WorkerView decode(int lane, int running, int waiting, int freeBlocks) {
    return worker(
        lane,
        Role.DECODE,
        WorkerState.READY,
        new WorkerLoad(waiting, 0, running, freeBlocks, 0, 0));
  }

  public static Directory directory(WorkerView... workers) {
    return new Directory(Directory.VERSION, List.of(workers));
  }
}
