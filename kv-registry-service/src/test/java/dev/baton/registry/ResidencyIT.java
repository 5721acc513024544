package dev.baton.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.KvEvent;
import dev.baton.registry.residency.ResidencyIndex;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The index on a real Redis, fed directly; queries come over HTTP. */
class ResidencyIT {
  private static final int LIMIT = 3000;
  private static Registry registry;
  private static ResidencyIndex index;

  @BeforeAll
  static void start() {
    registry =
        Registry.start(
            "127.0.0.1:9",
            Servers.REDIS.port(),
            "baton.registry.lanes.ttl=5m",
            "baton.registry.residency.standstill=0s",
            "baton.registry.residency.resync-interval=1ms",
            "baton.registry.residency.orphan-grace=0s",
            "baton.registry.residency.max-blocks-per-lane=" + LIMIT);
    index = registry.bean(ResidencyIndex.class);
  }

  @AfterAll
  static void stop() {
    registry.close();
  }

  @BeforeEach
  void empty() {
    Servers.flushRedis();
  }

  private static SimulatedWorker worker(String name) {
    return new SimulatedWorker(name, registry.register(name), ResidencyIT::apply);
  }

  private static void apply(KvEvent event) {
    index.apply(List.of(event));
  }

  private static int holds(SimulatedWorker worker, BlockHashes prompt) {
    return registry.prefix(prompt).of(worker.lane().lane());
  }

  private static long blockKeys() {
    return Servers.blocks();
  }

  /** What the index should answer, from the workers' own sets. */
  private static Map<Integer, Integer> naive(List<SimulatedWorker> workers, BlockHashes prompt) {
    Map<Integer, Integer> expected = new HashMap<>();
    for (SimulatedWorker worker : workers) {
      int blocks = worker.prefixOf(prompt);
      if (blocks > 0) {
        expected.put(worker.lane().lane().number(), blocks);
      }
    }
    return expected;
  }

  @Test
  void answersAsANaiveModelDoesOverRandomEventsRepeatsAndRestarts() {
    Random random = new Random(2026);
    List<BlockHashes> prompts = Prompts.family(12, 20, random);
    List<KvEvent> sent = new ArrayList<>();
    List<SimulatedWorker> workers = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      workers.add(
          new SimulatedWorker(
              "w" + i,
              registry.register("w" + i),
              event -> {
                sent.add(event);
                apply(event);
              }));
    }
    for (int step = 0; step < 300; step++) {
      SimulatedWorker worker = workers.get(random.nextInt(workers.size()));
      BlockHashes prompt = prompts.get(random.nextInt(prompts.size()));
      int from = random.nextInt(prompt.size());
      List<BlockHash> some =
          prompt.toList().subList(from, from + 1 + random.nextInt(prompt.size() - from));
      switch (random.nextInt(12)) {
        case 0, 1, 2 -> worker.store(prompt.prefix(1 + random.nextInt(prompt.size())).toList());
        case 3, 4 -> worker.store(some);
        case 5, 6, 7 -> worker.drop(some);
        case 8 -> worker.snapshot(1 + random.nextInt(4));
        case 9 -> apply(sent.isEmpty() ? first(worker) : sent.get(random.nextInt(sent.size())));
        case 10 -> {
          worker.loseTheEventOf(some);
          await().atMost(Servers.patience()).until(() -> worker.beat(registry).resync());
        }
        default -> {
          if (random.nextInt(4) == 0) {
            worker.restart(registry);
          }
        }
      }
      BlockHashes asked = prompts.get(random.nextInt(prompts.size()));
      assertThat(registry.prefix(asked).blocks())
          .as("step %s", step)
          .isEqualTo(naive(workers, asked));
    }
    // The first event under a new lease frees what the earlier holder had.
    workers.forEach(worker -> worker.store(List.of()));
    long distinct = workers.stream().flatMap(worker -> worker.held().stream()).distinct().count();
    await().atMost(Servers.patience()).until(() -> blockKeys() == distinct);
  }

  private static KvEvent first(SimulatedWorker worker) {
    return new KvEvent.Stored(KvEvent.VERSION, worker.lane(), 0, BlockHashes.EMPTY);
  }

  @Test
  void neverAnswersTheBlocksOfAnEarlierHolderOfTheLane() {
    BlockHashes prompt = Prompts.one(10, 1);
    SimulatedWorker gone = worker("gone");
    gone.store(prompt.toList());
    registry.release(gone.lane());
    SimulatedWorker next = worker("next");
    assertThat(next.lane().lane()).isEqualTo(gone.lane().lane());
    assertThat(holds(next, prompt)).isZero();

    BlockHashes other = Prompts.one(10, 2);
    next.store(other.toList());
    assertThat(holds(next, prompt)).isZero();
    assertThat(holds(next, other)).isEqualTo(10);

    gone.store(prompt.toList());
    assertThat(holds(next, prompt)).isZero();
    assertThat(registry.metrics()).contains("baton_registry_events_total{outcome=\"stale\"}");
  }

  @Test
  void afterALossTheOlderOfTwoClaimsToALaneDoesNotBlockTheOther() {
    SimulatedWorker old = worker("old");
    registry.release(old.lane());
    SimulatedWorker newer = worker("newer");
    Servers.flushRedis();
    // The paused one comes first, and gets its old lane and epoch: nobody remembers the other.
    assertThat(registry.register("old", Optional.of(old.lane()))).isEqualTo(old.lane());
    BlockHashes prompt = Prompts.one(4, 3);
    newer.store(prompt.toList());
    assertThat(registry.prefix(prompt).blocks()).isEmpty();
    old.store(prompt.toList());
    assertThat(holds(old, prompt)).isEqualTo(4);
  }

  @Test
  void theLanesOfTheDeadAreFreedFromMemoryAndOthersKept() {
    BlockHashes shared = Prompts.one(50, 4);
    SimulatedWorker stays = worker("stays");
    SimulatedWorker leaves = worker("leaves");
    stays.store(shared.prefix(20).toList());
    leaves.store(shared.toList());
    assertThat(blockKeys()).isEqualTo(50);
    registry.release(leaves.lane());
    await()
        .atMost(Servers.patience())
        .untilAsserted(() -> {
          registry.heartbeat(stays.lane(), stays.sequence());
          assertThat(blockKeys()).isEqualTo(20);
        });
    assertThat(holds(stays, shared)).isEqualTo(20);
  }

  @Test
  void aWorkerThatReturnsToASweptLaneIsAskedForASnapshot() {
    BlockHashes prompt = Prompts.one(10, 5);
    SimulatedWorker worker = worker("w");
    worker.store(prompt.toList());
    registry.release(worker.lane());
    await().atMost(Servers.patience()).until(() -> blockKeys() == 0);
    registry.register("w", Optional.of(worker.lane()));
    await()
        .atMost(Servers.patience())
        .untilAsserted(() -> {
          worker.beat(registry);
          assertThat(holds(worker, prompt)).isEqualTo(10);
        });
  }

  @Test
  void aDroppedBlockThatWasNeverKnownLeavesNoKey() {
    worker("w").drop(Prompts.one(10, 6).toList());
    assertThat(blockKeys()).isZero();
  }

  @Test
  void aLongEventIsAppliedWholeAndALanesBoundIsKept() {
    BlockHashes many = Prompts.one(LIMIT + 500, 7);
    SimulatedWorker worker = worker("w");
    worker.store(many.toList());
    assertThat(holds(worker, many)).isEqualTo(LIMIT);
    assertThat(registry.metrics()).contains("baton_registry_blocks_refused_total 500.0");
    worker.drop(many.toList().subList(0, 100));
    worker.store(many.toList().subList(0, 100));
    assertThat(holds(worker, many)).isEqualTo(LIMIT);
  }

  @Test
  void aPromptLongerThanOneReadIsAnsweredWhole() {
    BlockHashes prompt = Prompts.one(2500, 13);
    SimulatedWorker all = worker("all");
    SimulatedWorker some = worker("some");
    all.store(prompt.toList());
    some.store(prompt.prefix(1024).toList());
    assertThat(holds(all, prompt)).isEqualTo(2500);
    assertThat(holds(some, prompt)).isEqualTo(1024);
  }

  @Test
  void aSnapshotWithAMissingPartChangesNothingAndIsAskedForAgain() {
    BlockHashes prompt = Prompts.one(9, 8);
    SimulatedWorker worker = worker("w");
    worker.store(prompt.toList());
    for (int part : new int[] {0, 2}) {
      apply(
          new KvEvent.Snapshot(
              KvEvent.VERSION,
              worker.lane(),
              worker.sequence() + 1 + part,
              part,
              3,
              BlockHashes.of(prompt.toList().subList(part * 3, part * 3 + 3))));
    }
    assertThat(holds(worker, prompt)).isEqualTo(9);
    assertThat(registry.heartbeat(worker.lane(), worker.sequence() + 3).resync()).isTrue();
  }

  @Test
  void aLostLastEventIsNoticedThoughNoneFollows() {
    BlockHashes prompt = Prompts.one(9, 9);
    SimulatedWorker worker = worker("w");
    worker.store(prompt.toList());
    assertThat(worker.beat(registry).resync()).isFalse();
    worker.loseTheEventOf(prompt.toList().subList(4, 9));
    await().atMost(Servers.patience()).until(() -> worker.beat(registry).resync());
    assertThat(holds(worker, prompt)).isEqualTo(4);
    assertThat(worker.beat(registry).resync()).isFalse();
  }

  @Test
  void aWorkerThatNumbersAnewUnderTheSameEpochIsFollowedAgain() {
    BlockHashes prompt = Prompts.one(9, 11);
    SimulatedWorker worker = worker("w");
    for (int i = 0; i < 9; i++) {
      worker.store(prompt.toList().subList(i, i + 1));
    }
    worker.renumber();
    worker.drop(prompt.toList().subList(6, 9));
    await().atMost(Servers.patience()).until(() -> worker.beat(registry).resync());
    assertThat(holds(worker, prompt)).isEqualTo(6);
    worker.drop(prompt.toList().subList(3, 9));
    assertThat(holds(worker, prompt)).isEqualTo(3);
    assertThat(worker.beat(registry).resync()).isFalse();
  }

  @Test
  void takingUpALeaseAgainMeansTellingEverythingAgain() {
    BlockHashes prompt = Prompts.one(9, 12);
    SimulatedWorker worker = worker("w");
    worker.store(prompt.toList());
    registry.register("w", Optional.of(worker.lane()));
    assertThat(holds(worker, prompt)).isZero();
    worker.renumber();
    worker.snapshot(2);
    assertThat(holds(worker, prompt)).isEqualTo(9);
    assertThat(worker.beat(registry).resync()).isFalse();
  }
}
