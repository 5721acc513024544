package dev.baton.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.Role;
import dev.baton.contracts.SampledToken;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenIds;
import dev.baton.contracts.WorkerId;
import dev.baton.engine.Engine;
import dev.baton.engine.EngineConfig;
import dev.baton.engine.NativeEngine;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.worker.exchange.TransferRates;
import dev.baton.worker.loop.Filler;
import dev.baton.worker.loop.Goal;
import dev.baton.worker.loop.SequenceEnd;
import dev.baton.worker.loop.SequenceId;
import dev.baton.worker.loop.SequenceListener;
import dev.baton.worker.loop.SequenceSpec;
import dev.baton.worker.residency.ResidencyPublisher;
import dev.baton.worker.testing.TestEngine;
import dev.baton.worker.tiers.CacheSettings;
import dev.baton.worker.tiers.TierStats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A worker gets back what its pool has evicted, or what it had before a restart. */
@ParameterizedClass
@EnumSource
class TieredWorkerTest {
  private static final int POOL = 32;
  private static final Path MODEL = Path.of("../engine/golden/gqa-tied");

  /** What the worker runs on. */
  enum Kind {
    IN_HOST_MEMORY,
    ON_DEVICE,
    CPU_BACKEND
  }

  private record Result(List<Integer> tokens, SequenceEnd end) {}

  @TempDir Path folder;

  @Parameter Kind kind;

  private @Nullable WorkerRuntime worker;
  private int requests;

  @AfterEach
  void stop() throws Exception {
    if (worker != null) {
      await().atMost(Duration.ofSeconds(10)).until(worker::idle);
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> worker.loop().stats().pool().pinned() == 0);
      assertThat(worker.loop().verify().toCompletableFuture())
          .succeedsWithin(Duration.ofSeconds(5));
      worker.close();
      worker = null;
    }
  }

  private Engine engine() {
    Path pool = folder.resolve("pool");
    return switch (kind) {
      case IN_HOST_MEMORY -> TestEngine.create(pool, POOL);
      case ON_DEVICE -> TestEngine.onDevice(pool, POOL);
      case CPU_BACKEND -> NativeEngine.open(new EngineConfig(MODEL, "cpu", 1, POOL, pool, 64, 8));
    };
  }

  private void start(int hostBlocks, int diskBlocks) throws Exception {
    stop();
    Engine engine = engine();
    long blockBytes = engine.kvLayout().blockBytes();
    worker =
        WorkerRuntime.start(
            new WorkerRuntime.Settings(
                new WorkerId("tiered"), Role.BOTH, "127.0.0.1", 0, 64, 8, Duration.ofSeconds(30)),
            new CacheSettings(
                1,
                hostBlocks * blockBytes,
                diskBlocks == 0 ? null : folder.resolve("tier"),
                diskBlocks * blockBytes,
                Duration.ofSeconds(5)),
            engine,
            new ResidencyPublisher(_ -> {}),
            new FaultInjector(),
            new TransferRates(),
            TransferObserver.NONE,
            Clock.systemUTC());
  }

  private TokenIds prompt(long seed, int length) {
    return TokenIds.of(new Random(seed).ints(length, 10, 100).toArray());
  }

  /** As requests do it: from the tiers where that pays. */
  private List<Integer> generate(TokenIds prompt) throws Exception {
    RequestId request = new RequestId("request-" + ++requests);
    return generate(
        request, prompt, worker.prefixes().filler(request, prompt.size(), List.of()).orElse(null));
  }

  /** From the tiers, although a model this small computes as fast. */
  private List<Integer> generateFromTiers(TokenIds prompt) throws Exception {
    Deadline deadline = Deadline.after(Duration.ofSeconds(5));
    return generate(
        new RequestId("request-" + ++requests),
        prompt,
        room -> worker.tiers().fill(room, (prompt.size() - 1) / 16, deadline));
  }

  private List<Integer> generate(RequestId request, TokenIds prompt, @Nullable Filler filler)
      throws Exception {
    BlockHash root = BlockHasher.root(worker.engine().model().fingerprint(), "tenant");
    CompletableFuture<Result> result = new CompletableFuture<>();
    List<Integer> generated = new ArrayList<>();
    worker
        .loop()
        .submit(
            new SequenceSpec(
                new SequenceId(request, 1),
                prompt,
                prompt.size(),
                prompt.size(),
                root,
                SamplingParams.greedy(),
                new Goal.Generate(new StopConditions(20, TokenIds.EMPTY)),
                0,
                Instant.now().plusSeconds(60),
                filler),
            new SequenceListener() {
              @Override
              public void token(int position, SampledToken token) {
                generated.add(token.tokenId());
              }

              @Override
              public void ended(SequenceEnd end) {
                result.complete(new Result(List.copyOf(generated), end));
              }
            });
    Result ended = result.get(20, TimeUnit.SECONDS);
    assertThat(ended.end()).isInstanceOf(SequenceEnd.Finished.class);
    return ended.tokens();
  }

  private TierStats tier(String name) {
    return worker.tiers().stats().stream()
        .filter(stats -> stats.tier().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private void awaitStored(String tier, int blocks) {
    await().atMost(Duration.ofSeconds(10)).until(() -> tier(tier).stored() >= blocks);
  }

  /** Fills the pool with other prompts, so that nothing else is left in it. */
  private void evictAll() throws Exception {
    for (int other = 0; other < 24; other++) {
      generate(prompt(1000 + other, 16 * 10));
    }
  }

  @Test
  void aWorkerFindsItsBlocksOnDiskAfterARestartAndAnswersTheSame() throws Exception {
    TokenIds prompt = prompt(1, 203);
    start(0, 64);
    List<Integer> before = generate(prompt);
    assertThat(worker.stats(0).computedTokens()).isEqualTo(203);
    awaitStored("disk", 12);
    start(0, 64);
    assertThat(generate(prompt)).isEqualTo(before);
    assertThat(worker.stats(0).computedTokens()).isEqualTo(203 - 192);
    assertThat(tier("disk").hits()).isEqualTo(12);
  }

  @Test
  void whatThePoolHasEvictedComesBackFromTheHostsMemory() throws Exception {
    TokenIds prompt = prompt(1, 203);
    start(1024, 0);
    List<Integer> before = generate(prompt);
    awaitStored("host", 12);
    evictAll();
    long computed = worker.stats(0).computedTokens();
    assertThat(generateFromTiers(prompt)).isEqualTo(before);
    assertThat(worker.stats(0).computedTokens() - computed).isEqualTo(203 - 192);
    assertThat(tier("host").hits()).isEqualTo(12);
  }

  @Test
  void theFirstTierThatHasABlockGivesIt() throws Exception {
    TokenIds prompt = prompt(1, 203);
    start(1024, 1024);
    List<Integer> before = generate(prompt);
    awaitStored("disk", 12);
    evictAll();
    assertThat(generateFromTiers(prompt)).isEqualTo(before);
    assertThat(tier("host").hits()).isEqualTo(12);
    assertThat(tier("disk").hits()).isZero();
    start(1024, 1024);
    assertThat(generateFromTiers(prompt)).isEqualTo(before);
    assertThat(tier("host").hits()).isZero();
    assertThat(tier("disk").hits()).isEqualTo(12);
  }

  @Test
  void aBitThatFlippedOnDiskIsDetectedAndTheBlockComputedAgain() throws Exception {
    TokenIds prompt = prompt(1, 203);
    start(0, 64);
    List<Integer> before = generate(prompt);
    awaitStored("disk", 12);
    stop();
    flipABitOfEveryBlock();
    start(0, 64);
    assertThat(generateFromTiers(prompt)).isEqualTo(before);
    assertThat(worker.stats(0).computedTokens()).isEqualTo(203);
    assertThat(tier("disk").corrupt()).isEqualTo(1);
    assertThat(tier("disk").hits()).isZero();
  }

  private void flipABitOfEveryBlock() throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            folder.resolve("tier/segment-00000.kv"),
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      for (long at = 2 * 4096 + 100; at < channel.size(); at += 512) {
        ByteBuffer one = ByteBuffer.allocate(1);
        channel.read(one, at);
        channel.write(one.put(0, (byte) (one.get(0) ^ 4)).flip(), at);
      }
    }
  }

  @Test
  void blocksOfAnotherTenantAreNotFound() throws Exception {
    TokenIds prompt = prompt(1, 203);
    start(0, 64);
    generate(prompt);
    awaitStored("disk", 12);
    BlockHash other = BlockHasher.root(worker.engine().model().fingerprint(), "another");
    assertThat(worker.tiers().held(BlockHasher.chain(other, prompt), 0, 12)).isZero();
  }

  @Test
  void nothingIsOnDiskWithoutADirectory() throws Exception {
    start(0, 0);
    generate(prompt(1, 203));
    assertThat(worker.tiers().stats()).isEmpty();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).allMatch(file -> file.getFileName().toString().equals("pool"));
    }
  }
}
