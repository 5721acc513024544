package dev.baton.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.Epoch;
import dev.baton.contracts.HeartbeatReply.Outcome;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerView;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Lanes and directory over HTTP, on a real Redis; Kafka is down all the while. */
class LanesIT {
  private static final int LANES = 4;
  private static Registry registry;

  @BeforeAll
  static void start() {
    registry =
        Registry.start(
            "127.0.0.1:9",
            Servers.REDIS.port(),
            "baton.registry.lanes.ttl=800ms",
            "baton.registry.lanes.count=" + LANES);
  }

  @AfterAll
  static void stop() {
    registry.close();
  }

  @BeforeEach
  void empty() {
    Servers.flushRedis();
  }

  private static List<String> workers() {
    return registry.directory().workers().stream()
        .map(view -> view.registration().worker().value())
        .toList();
  }

  @Test
  void concurrentRegistrationsGetDistinctLanesAndEpochs() throws Exception {
    Set<Lane> lanes = new HashSet<>();
    Set<Epoch> epochs = new HashSet<>();
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<LaneRef>> grants = new ArrayList<>();
      for (int i = 0; i < LANES; i++) {
        String name = "w" + i;
        grants.add(pool.submit(() -> registry.register(name)));
      }
      for (Future<LaneRef> grant : grants) {
        LaneRef lane = grant.get(20, TimeUnit.SECONDS);
        lanes.add(lane.lane());
        epochs.add(lane.epoch());
      }
    }
    assertThat(lanes).hasSize(LANES);
    assertThat(epochs).hasSize(LANES);
  }

  @Test
  void withoutAFreeLaneTheAnswerIs503WithRetryAfter() {
    for (int i = 0; i < LANES; i++) {
      registry.register("w" + i);
    }
    HttpResponse<byte[]> refused = registry.tryRegister("late", Optional.empty());
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Retry-After")).contains("1");
    assertThat(new String(refused.body())).contains("\"code\":\"no_lane_free\"");
  }

  @Test
  void theDirectoryShowsTheLoadOfTheLastHeartbeat() {
    LaneRef lane = registry.register("w");
    registry.heartbeat(lane, 0);
    WorkerView view = registry.directory().workers().getFirst();
    assertThat(view.ref()).isEqualTo(lane);
    assertThat(view.load().runningSequences()).isEqualTo(3);
  }

  @Test
  void aHeartbeatKeepsALeaseAndItsAbsenceEndsIt() {
    LaneRef lane = registry.register("w");
    await()
        .during(Duration.ofMillis(1200))
        .atMost(Duration.ofMillis(5000))
        .until(() -> registry.heartbeat(lane, 0).outcome() == Outcome.RENEWED);
    assertThat(workers()).containsExactly("w");
    await().atMost(Servers.patience()).until(() -> workers().isEmpty());
    assertThat(registry.heartbeat(lane, 0).outcome()).isEqualTo(Outcome.UNKNOWN);
  }

  @Test
  void aWorkerThatComesBackGetsItsLaneAndEpochAgain() {
    LaneRef other = registry.register("other");
    LaneRef lane = registry.register("w");
    registry.release(other);
    await().atMost(Servers.patience()).until(() -> workers().isEmpty());
    assertThat(registry.register("w", Optional.of(lane))).isEqualTo(lane);
    assertThat(registry.heartbeat(lane, 0).outcome()).isEqualTo(Outcome.RENEWED);
  }

  @Test
  void aWorkerWhoseLaneWasGivenAwayIsFencedAndGetsANewerEpoch() {
    LaneRef lane = registry.register("w");
    registry.release(lane);
    LaneRef next = registry.register("next");
    assertThat(next.lane()).isEqualTo(lane.lane());
    assertThat(next.epoch()).isGreaterThan(lane.epoch());
    assertThat(registry.heartbeat(lane, 0).outcome()).isEqualTo(Outcome.FENCED);
    LaneRef again = registry.register("w", Optional.of(lane));
    assertThat(again.lane()).isNotEqualTo(lane.lane());
    assertThat(again.epoch()).isGreaterThan(next.epoch());
    // Also after the other has left: the lane was somebody else's in between.
    registry.release(next);
    assertThat(registry.heartbeat(lane, 0).outcome()).isEqualTo(Outcome.FENCED);
  }

  @Test
  void aRestartedWorkerFreesItsOldLane() {
    LaneRef before = registry.register("w");
    LaneRef after = registry.register("w");
    assertThat(after.epoch()).isGreaterThan(before.epoch());
    assertThat(workers()).containsExactly("w");
    assertThat(registry.heartbeat(before, 0).outcome()).isNotEqualTo(Outcome.RENEWED);
  }

  @Test
  void aNameThatEndsInAnothersIsNotTheOther() {
    LaneRef longer = registry.register("a w");
    LaneRef shorter = registry.register("w");
    registry.release(shorter);
    registry.register("w");
    registry.register("w");
    assertThat(registry.heartbeat(longer, 0).outcome()).isEqualTo(Outcome.RENEWED);
  }

  @Test
  void releaseGivesTheLaneBackOnceAndOnlyToItsHolder() {
    LaneRef lane = registry.register("w");
    assertThat(registry.release(lane)).isEqualTo(204);
    assertThat(workers()).isEmpty();
    LaneRef next = registry.register("next");
    assertThat(registry.release(lane)).isEqualTo(204);
    assertThat(registry.heartbeat(next, 0).outcome()).isEqualTo(Outcome.RENEWED);
  }

  @Test
  void epochsGoOnGrowingAfterRedisWasEmptied() {
    LaneRef before = registry.register("w");
    for (int i = 0; i < 50; i++) {
      before = registry.register("w");
    }
    Servers.flushRedis();
    assertThat(registry.register("x").epoch()).isGreaterThan(before.epoch());
  }

  @Test
  void anEmptiedRedisKnowsNobodyAndGivesEachItsLaneBack() {
    LaneRef one = registry.register("one");
    LaneRef two = registry.register("two");
    Servers.flushRedis();
    assertThat(registry.heartbeat(two, 0).outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(registry.register("two", Optional.of(two))).isEqualTo(two);
    assertThat(registry.register("one", Optional.of(one))).isEqualTo(one);
    assertThat(registry.register("three").epoch()).isGreaterThan(two.epoch());
  }

  @Test
  void anEpochFromTheFutureIsNotBelieved() {
    LaneRef forged = new LaneRef(new WorkerId("w"), new Lane(2), new Epoch(Long.MAX_VALUE));
    assertThat(registry.register("w", Optional.of(forged)).epoch()).isLessThan(forged.epoch());
  }

  @Test
  void garbageIs400() {
    byte[] garbage = "{\"version\":1}".getBytes();
    for (String path :
        List.of("/internal/v1/workers", "/internal/v1/heartbeats", "/internal/v1/prefix-queries")) {
      HttpResponse<byte[]> response = registry.call("POST", path, garbage);
      assertThat(response.statusCode()).isEqualTo(400);
      assertThat(new String(response.body())).contains("\"code\":\"malformed\"");
    }
  }

  @Test
  void isReadyAndShowsMetrics() {
    assertThat(registry.readiness()).isEqualTo(200);
    assertThat(registry.metrics()).contains("jvm_memory_used_bytes");
  }
}
