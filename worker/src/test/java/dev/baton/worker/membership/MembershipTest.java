package dev.baton.worker.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.Directory;
import dev.baton.contracts.Epoch;
import dev.baton.contracts.HeartbeatReply;
import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneGrant;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.Role;
import dev.baton.contracts.WorkerHeartbeat;
import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerLoad;
import dev.baton.contracts.WorkerRegistration;
import dev.baton.contracts.WorkerState;
import dev.baton.worker.testing.TestEngine;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class MembershipTest {
  private static final WorkerId WORKER = new WorkerId("w");

  /** A registry that answers as told. */
  private static final class ScriptedRegistry implements Registry {
    final List<WorkerRegistration> registrations = new CopyOnWriteArrayList<>();
    final List<WorkerHeartbeat> beats = new CopyOnWriteArrayList<>();
    final List<LaneRef> released = new CopyOnWriteArrayList<>();
    volatile HeartbeatReply reply = new HeartbeatReply(HeartbeatReply.Outcome.RENEWED, false);
    volatile boolean out;
    volatile Duration ttl = Duration.ofSeconds(30);

    @Override
    public LaneGrant register(WorkerRegistration registration) throws IOException {
      failIfOut();
      registrations.add(registration);
      return new LaneGrant(WORKER, new Lane(3), new Epoch(registrations.size()), ttl);
    }

    @Override
    public HeartbeatReply heartbeat(WorkerHeartbeat beat) throws IOException {
      failIfOut();
      beats.add(beat);
      return reply;
    }

    @Override
    public Directory directory() {
      return new Directory(Directory.VERSION, List.of());
    }

    @Override
    public void release(LaneRef lane) {
      released.add(lane);
    }

    private void failIfOut() throws IOException {
      if (out) {
        throw new IOException("out");
      }
    }
  }

  private static final class Heard implements MembershipListener {
    final List<String> events = new CopyOnWriteArrayList<>();

    @Override
    public void granted(LaneRef lane) {
      events.add("granted " + lane.epoch().value());
    }

    @Override
    public void fenced(LaneRef lane) {
      events.add("fenced " + lane.epoch().value());
    }

    @Override
    public void resync(LaneRef lane) {
      events.add("resync " + lane.epoch().value());
    }
  }

  private final ScriptedRegistry registry = new ScriptedRegistry();
  private final Heard heard = new Heard();
  private final Membership membership =
      new Membership(registry, MembershipTest::registration, () -> WorkerLoad.IDLE, () -> 7, heard);

  private static WorkerRegistration registration(Optional<LaneRef> previous) {
    return new WorkerRegistration(
        WorkerRegistration.VERSION,
        WORKER,
        Role.DECODE,
        "model",
        TestEngine.FINGERPRINT,
        TestEngine.LAYOUT,
        URI.create("http://127.0.0.1:1"),
        new KvEndpoint("127.0.0.1", 1),
        10,
        100,
        previous);
  }

  private void turns(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      membership.turn();
    }
  }

  @Test
  void registersFirstAndBeatsFromThenOn() throws Exception {
    turns(3);
    assertThat(registry.registrations).hasSize(1);
    assertThat(registry.registrations.getFirst().previous()).isEmpty();
    assertThat(registry.beats).hasSize(2);
    assertThat(registry.beats.getFirst().eventSequence()).isEqualTo(7);
    assertThat(heard.events).containsExactly("granted 1");
    assertThat(membership.lane()).contains(new LaneRef(WORKER, new Lane(3), new Epoch(1)));
  }

  @Test
  void anUnknownLeaseIsTakenAgainForTheSameLane() throws Exception {
    turns(1);
    registry.reply = new HeartbeatReply(HeartbeatReply.Outcome.UNKNOWN, false);
    turns(1);
    assertThat(registry.registrations.getLast().previous())
        .contains(new LaneRef(WORKER, new Lane(3), new Epoch(1)));
    assertThat(heard.events).containsExactly("granted 1", "granted 2");
  }

  @Test
  void aFencedWorkerStopsServingBeforeItRegistersAgain() throws Exception {
    turns(1);
    registry.reply = new HeartbeatReply(HeartbeatReply.Outcome.FENCED, false);
    turns(1);
    assertThat(heard.events).containsExactly("granted 1", "fenced 1", "granted 2");
  }

  @Test
  void anAskForEverythingThatIsResidentIsPassedOn() throws Exception {
    turns(1);
    registry.reply = new HeartbeatReply(HeartbeatReply.Outcome.RENEWED, true);
    turns(1);
    assertThat(heard.events).containsExactly("granted 1", "resync 1");
  }

  @Test
  void anOutageOfTheRegistryEndsNoEpoch() throws Exception {
    turns(1);
    registry.out = true;
    assertThatThrownBy(membership::turn).isInstanceOf(IOException.class);
    assertThat(membership.lane()).isPresent();
    assertThat(heard.events).containsExactly("granted 1");
  }

  @Test
  void joinsAsSoonAsTheRegistryIsThereAndTellsOfItsDrainingAtOnce() {
    registry.out = true;
    membership.start();
    registry.out = false;
    await().atMost(Duration.ofSeconds(5)).until(() -> membership.lane().isPresent());
    membership.drain();
    await()
        .atMost(Duration.ofSeconds(2))
        .until(
            () -> registry.beats.stream().anyMatch(beat -> beat.state() == WorkerState.DRAINING));
    membership.close();
    assertThat(registry.released).hasSize(1);
    assertThat(membership.lane()).isEmpty();
  }

  @Test
  void beatsSeveralTimesWithinALease() {
    registry.ttl = Duration.ofMillis(300);
    membership.start();
    await().atMost(Duration.ofSeconds(5)).until(() -> registry.beats.size() >= 3);
    membership.close();
    assertThat(registry.registrations).hasSize(1);
  }
}
