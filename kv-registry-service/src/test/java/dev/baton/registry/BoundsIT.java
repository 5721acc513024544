package dev.baton.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.BlockHashes;
import dev.baton.registry.residency.ResidencyIndex;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is known is confirmed or forgotten, and never more than the bound. */
class BoundsIT {
  private static final int MOST_BLOCKS = 1000;
  private static Registry registry;
  private static ResidencyIndex index;

  @BeforeAll
  static void start() {
    registry =
        Registry.start(
            "127.0.0.1:9",
            Servers.REDIS.port(),
            "baton.registry.lanes.ttl=5m",
            "baton.registry.residency.confirm-interval=300ms",
            "baton.registry.residency.entry-ttl=1s",
            "baton.registry.residency.resync-interval=100ms",
            "baton.registry.residency.orphan-grace=0s",
            "baton.registry.residency.max-blocks=" + MOST_BLOCKS);
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
    return new SimulatedWorker(name, registry.register(name), event -> index.apply(List.of(event)));
  }

  private static int holds(SimulatedWorker worker, BlockHashes prompt) {
    return registry.prefix(prompt).of(worker.lane().lane());
  }

  @Test
  void aWorkerThatConfirmsIsAnsweredAndWhatItLeavesOutIsForgotten() {
    BlockHashes prompt = Prompts.one(10, 1);
    SimulatedWorker worker = worker("w");
    worker.store(prompt.toList());
    worker.forget(prompt.toList().subList(6, 10));
    await()
        .atMost(Servers.patience())
        .untilAsserted(() -> {
          worker.beat(registry);
          assertThat(holds(worker, prompt)).isEqualTo(6);
          assertThat(Servers.blocks()).isEqualTo(6);
        });
  }

  @Test
  void whatNobodyConfirmsExpires() {
    BlockHashes prompt = Prompts.one(10, 2);
    SimulatedWorker worker = worker("w");
    worker.store(prompt.toList());
    assertThat(holds(worker, prompt)).isEqualTo(10);
    await().atMost(Servers.patience()).until(() -> holds(worker, prompt) == 0);
    await().atMost(Servers.patience()).until(() -> Servers.blocks() == 0);
    await()
        .atMost(Servers.patience())
        .untilAsserted(() -> {
          worker.beat(registry);
          assertThat(holds(worker, prompt)).isEqualTo(10);
        });
  }

  @Test
  void noBlockIsAddedBeyondTheBoundButKnownOnesGetHolders() {
    BlockHashes prompt = Prompts.one(MOST_BLOCKS + 200, 3);
    SimulatedWorker first = worker("first");
    first.store(prompt.toList());
    long kept = Servers.blocks();
    assertThat(kept).isBetween(MOST_BLOCKS - 50L, (long) MOST_BLOCKS);
    assertThat(holds(first, prompt)).isEqualTo((int) kept);
    SimulatedWorker second = worker("second");
    second.store(prompt.toList());
    assertThat(holds(second, prompt)).isBetween((int) kept - 50, (int) kept);
    assertThat(Servers.blocks()).isLessThanOrEqualTo(kept);
  }
}
