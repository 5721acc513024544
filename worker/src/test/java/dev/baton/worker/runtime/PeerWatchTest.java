package dev.baton.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.Directory;
import dev.baton.contracts.Epoch;
import dev.baton.contracts.HeartbeatReply;
import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneGrant;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.Role;
import dev.baton.contracts.WorkerHeartbeat;
import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerLoad;
import dev.baton.contracts.WorkerRegistration;
import dev.baton.contracts.WorkerState;
import dev.baton.contracts.WorkerView;
import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.KvPlane;
import dev.baton.kvtransfer.TransportCapability;
import dev.baton.worker.membership.Registry;
import dev.baton.worker.testing.TestEngine;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class PeerWatchTest {
  private static final ModelFingerprint OTHER_MODEL =
      new ModelFingerprint("ffffffffffffffffffffffffffffffff");

  private final List<LaneRef> connected = new ArrayList<>();
  private List<WorkerView> workers = List.of();

  private final PeerWatch watch =
      new PeerWatch(
          new DirectoryOnly(),
          new WorkerId("self"),
          TestEngine.FINGERPRINT,
          TestEngine.LAYOUT,
          new Connects());

  @Test
  void connectsToEveryOtherWorkerOfTheModel() throws Exception {
    workers =
        List.of(
            view("self", 1, TestEngine.FINGERPRINT),
            view("prefill", 2, TestEngine.FINGERPRINT),
            view("other", 3, OTHER_MODEL),
            view("decode", 4, TestEngine.FINGERPRINT));

    watch.turn();

    assertThat(connected).containsExactly(ref("prefill", 2), ref("decode", 4));
  }

  @Test
  void asksForTheNewEpochOfAPeer() throws Exception {
    workers = List.of(view("prefill", 2, TestEngine.FINGERPRINT));
    watch.turn();
    workers = List.of(view("prefill", 7, TestEngine.FINGERPRINT));
    watch.turn();

    assertThat(connected).containsExactly(ref("prefill", 2), ref("prefill", 7));
  }

  private static LaneRef ref(String worker, long epoch) {
    return new LaneRef(new WorkerId(worker), new Lane(0), new Epoch(epoch));
  }

  private static WorkerView view(String worker, long epoch, ModelFingerprint model) {
    WorkerRegistration registration =
        new WorkerRegistration(
            WorkerRegistration.VERSION,
            new WorkerId(worker),
            Role.BOTH,
            "model",
            model,
            TestEngine.LAYOUT,
            URI.create("http://127.0.0.1:1"),
            new KvEndpoint("127.0.0.1", 1),
            10,
            100,
            Optional.empty());
    return new WorkerView(
        registration,
        new Lane(0),
        new Epoch(epoch),
        WorkerState.READY,
        WorkerLoad.IDLE,
        Instant.EPOCH);
  }

  private final class DirectoryOnly implements Registry {
    @Override
    public LaneGrant register(WorkerRegistration registration) {
      throw new AssertionError();
    }

    @Override
    public HeartbeatReply heartbeat(WorkerHeartbeat beat) {
      throw new AssertionError();
    }

    @Override
    public Directory directory() {
      return new Directory(Directory.VERSION, workers);
    }

    @Override
    public void release(LaneRef lane) {
      throw new AssertionError();
    }
  }

  private final class Connects implements KvPlane {
    @Override
    public CompletionStage<ConnectOutcome> connect(
        LaneRef holder, KvEndpoint endpoint, Deadline deadline) {
      connected.add(holder);
      return CompletableFuture.completedStage(new ConnectOutcome.Refused("not in this test"));
    }

    @Override
    public int port() {
      return 1;
    }

    @Override
    public List<TransportCapability> capabilities() {
      return List.of();
    }

    @Override
    public void enterEpoch(Epoch epoch) {}

    @Override
    public void fence() {}

    @Override
    public void close() {}
  }
}
