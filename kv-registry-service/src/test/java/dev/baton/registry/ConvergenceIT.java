package dev.baton.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.KvEvent;
import dev.baton.registry.residency.ResidencyIndex;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever order events arrive in, how often, and through which of two registries: in the end the
 * index says what the workers hold.
 */
class ConvergenceIT {
  private static Registry one;
  private static Registry other;

  @BeforeAll
  static void start() {
    one = newRegistry();
    other = newRegistry();
  }

  private static Registry newRegistry() {
    return Registry.start(
        "127.0.0.1:9",
        Servers.REDIS.port(),
        "baton.registry.lanes.ttl=5m",
        "baton.registry.residency.standstill=0s",
        "baton.registry.residency.resync-interval=1ms");
  }

  @AfterAll
  static void stop() {
    one.close();
    other.close();
  }

  @BeforeEach
  void empty() {
    Servers.flushRedis();
  }

  /** Events on their way: batches of them arrive in any order, some twice, some never. */
  private static final class Network {
    private final Random random;
    private final List<KvEvent> underWay = new ArrayList<>();
    private boolean loses;

    Network(Random random) {
      this.random = random;
    }

    void send(KvEvent event) {
      if (!loses || random.nextInt(20) != 0) {
        for (int copies = 1 + random.nextInt(2); copies > 0; copies--) {
          underWay.add(event);
        }
      }
    }

    void deliver(int most) {
      Collections.shuffle(underWay, random);
      while (most > 0 && !underWay.isEmpty()) {
        int size = Math.min(underWay.size(), 1 + random.nextInt(most));
        List<KvEvent> batch = underWay.subList(0, size);
        (random.nextBoolean() ? one : other).bean(ResidencyIndex.class).apply(List.copyOf(batch));
        batch.clear();
        most -= size;
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void anyInterleavingConvergesToTheTruth(long seed) {
    Random random = new Random(seed);
    Network network = new Network(random);
    network.loses = seed % 2 == 0;
    List<BlockHashes> prompts = Prompts.family(8, 12, random);
    List<SimulatedWorker> workers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      workers.add(new SimulatedWorker("w" + i, one.register("w" + i), network::send));
    }
    for (int step = 0; step < 120; step++) {
      SimulatedWorker worker = workers.get(random.nextInt(workers.size()));
      List<BlockHash> chain = prompts.get(random.nextInt(prompts.size())).toList();
      switch (random.nextInt(10)) {
        case 0 -> worker.snapshot(1 + random.nextInt(3));
        case 1 -> worker.beat(other);
        case 2, 3, 4 -> worker.drop(chain.subList(random.nextInt(chain.size()), chain.size()));
        case 5 -> {
          if (random.nextInt(5) == 0) {
            worker.restart(one);
          }
        }
        default -> worker.store(chain.subList(0, 1 + random.nextInt(chain.size())));
      }
      network.deliver(random.nextInt(6));
    }

    network.loses = false;
    await()
        .atMost(Servers.patience())
        .untilAsserted(() -> {
          for (SimulatedWorker worker : workers) {
            worker.beat(one);
          }
          network.deliver(Integer.MAX_VALUE);
          for (SimulatedWorker worker : workers) {
            for (BlockHashes prompt : prompts) {
              assertThat(other.prefix(prompt).of(worker.lane().lane()))
                  .as("prefix at %s", worker.lane())
                  .isEqualTo(worker.prefixOf(prompt));
            }
          }
        });
    Set<BlockHash> held = new HashSet<>();
    workers.forEach(worker -> held.addAll(worker.held()));
    await().atMost(Servers.patience()).until(() -> Servers.blocks() == held.size());
  }
}
