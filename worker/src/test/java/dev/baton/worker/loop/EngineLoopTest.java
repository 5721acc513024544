package dev.baton.worker.loop;

import static dev.baton.worker.loop.LoopFixture.id;
import static dev.baton.worker.loop.LoopFixture.prompt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.FinishReason;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenIds;
import dev.baton.worker.loop.SequenceEnd.Failure;
import dev.baton.worker.testing.TestEngine;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineLoopTest {
  @TempDir Path folder;
  private final List<TestEngine> engines = new ArrayList<>();

  @AfterEach
  void closeEngines() {
    engines.forEach(TestEngine::close);
  }

  private LoopFixture fixture(int blocks, int tokensPerStep, int maxSequences) {
    TestEngine engine = TestEngine.create(folder.resolve("pool" + engines.size()), blocks);
    engines.add(engine);
    return new LoopFixture(engine, tokensPerStep, maxSequences);
  }

  @Test
  void chunkingBatchMatesAndReuseDoNotChangeTheTokens() {
    LoopFixture alone = fixture(64, 1000, 1);
    Recorder expected = alone.submit("a", prompt(1, 200), 20);
    alone.runUntilIdle();
    assertThat(expected.tokens).hasSize(20);

    LoopFixture busy = fixture(200, 24, 8);
    List<Recorder> mates = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      mates.add(busy.submit("mate" + i, prompt(10 + i, 50 + 30 * i), 30));
    }
    Recorder first = busy.submit("a", prompt(1, 200), 20);
    busy.runUntilIdle();
    Recorder again = busy.submit("b", prompt(1, 200), 20);
    busy.runUntilIdle();
    assertThat(first.tokens).isEqualTo(expected.tokens);
    assertThat(again.tokens).isEqualTo(expected.tokens);
    assertThat(mates)
        .allSatisfy(mate -> assertThat(mate.end).isInstanceOf(SequenceEnd.Finished.class));
    busy.assertWhole();
  }

  @Test
  void aSharedPrefixIsComputedOnce() {
    LoopFixture f = fixture(1000, 256, 4);
    TokenIds prefix = prompt(2, 4000);
    f.submit("first", prefix.plus(prompt(3, 50)), 4);
    f.runUntilIdle();
    assertThat(f.loop.stats().computedTokens()).isEqualTo(4050);
    f.submit("second", prefix.plus(prompt(4, 60)), 4);
    f.runUntilIdle();
    assertThat(f.loop.stats().reusedTokens()).isEqualTo(4000);
    assertThat(f.loop.stats().computedTokens()).isEqualTo(4050 + 60);
  }

  @Test
  void aWhollyResidentPromptStillComputesItsEnd() {
    LoopFixture f = fixture(100, 256, 4);
    TokenIds prompt = prompt(2, 64);
    Recorder first = f.submit("first", prompt, 4);
    f.runUntilIdle();
    Recorder second = f.submit("second", prompt, 4);
    f.runUntilIdle();
    assertThat(second.tokens).isEqualTo(first.tokens);
    assertThat(f.loop.stats().reusedTokens()).isEqualTo(48);
    f.assertWhole();
  }

  @Test
  void cancellationFreesTheBlocksWithinAStep() {
    LoopFixture f = fixture(100, 16, 4);
    Recorder recorder = f.submit("a", prompt(1, 500), 100);
    f.loop.doWork();
    assertThat(f.loop.stats().pool().pinned()).isPositive();
    f.loop.cancel(id("a"));
    f.loop.doWork();
    assertThat(recorder.end).isInstanceOf(SequenceEnd.Cancelled.class);
    f.assertWhole();
  }

  @Test
  void aPassedDeadlineEndsASequence() {
    LoopFixture f = fixture(100, 16, 4);
    Recorder recorder = f.submit("a", prompt(1, 500), 100);
    f.loop.doWork();
    f.now.set(Instant.EPOCH.plusSeconds(60));
    f.loop.doWork();
    assertThat(recorder.end)
        .isInstanceOfSatisfying(
            SequenceEnd.Failed.class,
            failed -> assertThat(failed.failure()).isEqualTo(Failure.DEADLINE_EXCEEDED));
    f.assertWhole();
  }

  @Test
  void anEngineFailureFailsTheBatchRetryablyAndTheWorkerIsOut() {
    LoopFixture f = fixture(100, 64, 4);
    Recorder a = f.submit("a", prompt(1, 20), 10);
    Recorder b = f.submit("b", prompt(2, 20), 10);
    ((TestEngine) f.engine).failNextStep();
    f.runUntilIdle();
    for (Recorder recorder : List.of(a, b)) {
      assertThat(recorder.end)
          .isInstanceOfSatisfying(
              SequenceEnd.Failed.class,
              failed -> assertThat(failed.failure().retryable()).isTrue());
    }
    assertThat(f.loop.healthy()).isFalse();
    f.assertWhole();
  }

  @Test
  void whatCanNeverFitIsRefusedAtOnce() {
    LoopFixture f = fixture(4, 64, 4);
    Recorder recorder = f.submit("a", prompt(1, 64), 10);
    f.loop.doWork();
    assertThat(recorder.end)
        .isInstanceOfSatisfying(
            SequenceEnd.Failed.class,
            failed -> assertThat(failed.failure()).isEqualTo(Failure.TOO_LONG));
  }

  @Test
  void theSameNameDoesNotRunTwice() {
    LoopFixture f = fixture(10, 64, 4);
    f.submit("a", prompt(1, 20), 10);
    Recorder second = f.submit("a", prompt(1, 20), 10);
    f.loop.doWork();
    assertThat(second.end)
        .isInstanceOfSatisfying(
            SequenceEnd.Failed.class,
            failed -> assertThat(failed.failure()).isEqualTo(Failure.DUPLICATE));
  }

  @Test
  void aTightPoolPreemptsAndStillFinishesEverySequenceWithTheSameTokens() {
    LoopFixture roomy = fixture(500, 64, 8);
    LoopFixture tight = fixture(12, 64, 8);
    List<Recorder> expected = new ArrayList<>();
    List<Recorder> actual = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      expected.add(roomy.submit("r" + i, prompt(i, 20 + i), 60));
      actual.add(tight.submit("r" + i, prompt(i, 20 + i), 60));
    }
    roomy.runUntilIdle();
    tight.runUntilIdle();
    assertThat(tight.loop.stats().preemptions()).isPositive();
    for (int i = 0; i < 6; i++) {
      assertThat(actual.get(i).tokens).isEqualTo(expected.get(i).tokens);
    }
    tight.assertWhole();
  }

  @Test
  void stopTokensEndTheOutputAndAreNotPartOfIt() {
    LoopFixture f = fixture(100, 64, 4);
    Recorder free = f.submit("a", prompt(1, 20), 10);
    f.runUntilIdle();
    int stop = free.tokens.get(4);
    Recorder stopped =
        f.submit(
            "b",
            prompt(1, 20),
            new Goal.Generate(new StopConditions(10, TokenIds.of(stop))),
            null,
            SamplingParams.greedy());
    f.runUntilIdle();
    assertThat(stopped.tokens).isEqualTo(free.tokens.subList(0, free.tokens.indexOf(stop)));
    assertThat(stopped.end)
        .isInstanceOfSatisfying(
            SequenceEnd.Finished.class,
            end -> assertThat(end.reason()).isEqualTo(FinishReason.STOP));
  }

  @Test
  void aHandOverPinsItsBlocksUntilTheyAreGivenBack() {
    LoopFixture f = fixture(100, 64, 4);
    Recorder recorder =
        f.submit("a", prompt(1, 40), new Goal.HandOver(), null, SamplingParams.greedy());
    f.runUntilIdle();
    var end = (SequenceEnd.HandedOver) recorder.end;
    assertThat(end.blocks().toCompletableFuture()).isCompleted();
    assertThat(end.pinned()).hasSize(3);
    assertThat(f.loop.stats().pool().pinned()).isEqualTo(3);
    f.loop.unpin(end.pinned());
    f.assertWhole();
  }

  @Test
  void pinnedPrefixesSurviveAFullPool() {
    LoopFixture f = fixture(8, 64, 4);
    TokenIds prompt = prompt(1, 64);
    f.submit("a", prompt, 1);
    f.runUntilIdle();
    BlockHashes hashes = BlockHasher.chain(LoopFixture.ROOT, prompt);
    var refs = f.loop.pin(hashes).toCompletableFuture();
    f.loop.doWork();
    assertThat(refs).isCompletedWithValueMatching(found -> found.size() == 4);
    f.submit("b", prompt(2, 60), 1);
    f.runUntilIdle();
    assertThat(f.loop.pin(hashes)).isNotNull();
    f.loop.doWork();
    assertThat(f.reported).containsAll(hashes.toList());
  }

  /** A prompt of three chunks: its blocks can be had before the last one is computed. */
  @Test
  void aPrefixIsPinnedAsSoonAsItHasGrown() {
    LoopFixture f = fixture(32, 32, 4);
    TokenIds prompt = prompt(1, 90);
    BlockHashes hashes = BlockHasher.chain(LoopFixture.ROOT, prompt);
    var first = f.loop.pin(hashes, 0, Duration.ofSeconds(5)).toCompletableFuture();
    var third = f.loop.pin(hashes, 2, Duration.ofSeconds(5)).toCompletableFuture();
    f.loop.doWork();
    assertThat(first).isNotDone();
    Recorder computing = f.submit("a", prompt, new Goal.HandOver(), null, SamplingParams.greedy());
    while (!first.isDone()) {
      f.loop.doWork();
    }
    assertThat(first.join().size()).isEqualTo(2);
    assertThat(third).isNotDone();
    assertThat(computing.end).isNull();
    while (!third.isDone()) {
      f.loop.doWork();
    }
    assertThat(third.join().size()).isEqualTo(4);
    f.runUntilIdle();
    f.loop.unpin(((SequenceEnd.HandedOver) computing.end).pinned());
    for (var refs : List.of(first.join(), third.join())) {
      f.loop.unpin(IntStream.range(0, refs.size()).map(refs::id).toArray());
    }
    f.assertWhole();
  }

  @Test
  void whoWaitsForAPrefixIsAnsweredInTimeWithWhatThereIs() {
    LoopFixture f = fixture(32, 32, 4);
    BlockHashes hashes = BlockHasher.chain(LoopFixture.ROOT, prompt(1, 90));
    var waiting = f.loop.pin(hashes, 0, Duration.ofSeconds(5)).toCompletableFuture();
    f.loop.doWork();
    f.now.set(Instant.EPOCH.plusMillis(4_999));
    f.loop.doWork();
    assertThat(waiting).isNotDone();
    f.now.set(Instant.EPOCH.plusSeconds(5));
    f.loop.doWork();
    assertThat(waiting.join().size()).isZero();
  }

  @Test
  void whatAFetchBroughtIsReusedAndNothingIsComputedForIt() {
    LoopFixture f = fixture(32, 64, 4);
    TokenIds prompt = prompt(1, 90);
    Recorder fetch =
        f.submit(
            "a",
            TokenIds.copyOf(prompt.toArray(), 65),
            new Goal.Fetch(),
            _ -> CompletableFuture.completedStage(Filled.upTo(4, 64, new int[] {1, 2, 3, 4})),
            SamplingParams.greedy());
    f.runUntilIdle();
    assertThat(fetch.end).isEqualTo(new SequenceEnd.Fetched(64));
    assertThat(f.loop.stats().computedTokens()).isZero();
    Recorder use = f.submit("a", prompt, 3);
    f.runUntilIdle();
    assertThat(((SequenceEnd.Finished) use.end).times().reusedTokens()).isEqualTo(64);
    assertThat(f.loop.stats().computedTokens()).isEqualTo(26);
    f.assertWhole();
  }

  @Test
  void filledBlocksAreNotComputedAgainAndGoodOnesCountUpToTheFirstBad() {
    LoopFixture source = fixture(100, 64, 4);
    LoopFixture sink = fixture(100, 64, 4);
    TokenIds prompt = prompt(1, 100);
    Recorder expected = source.submit("a", prompt, 10);
    source.runUntilIdle();
    int[] sourceBlocks = pinned(source, prompt);

    CompletableFuture<Filled> filling = new CompletableFuture<>();
    Recorder recorder =
        sink.submit(
            "a",
            prompt,
            10,
            room -> {
              for (int i = 0; i < 4; i++) {
                sink.block(room.blocks()[i]).copyFrom(source.block(sourceBlocks[i]));
              }
              return filling;
            },
            SamplingParams.greedy());
    sink.runUntilIdle();
    assertThat(((TestEngine) sink.engine).stepTokens).isEmpty();
    filling.complete(Filled.upTo(4, 64, new int[] {1, 2, 3, 4}));
    sink.runUntilIdle();
    assertThat(recorder.tokens).isEqualTo(expected.tokens);
    assertThat(sink.loop.stats().computedTokens()).isEqualTo(36);
    assertThat(sink.loop.stats().filledTokens()).isEqualTo(64);
    sink.assertWhole();
  }

  @Test
  void cancellingWhileBlocksAreFilledFreesThemOnceTheFillerIsThrough() {
    LoopFixture f = fixture(100, 64, 4);
    CompletableFuture<Filled> filling = new CompletableFuture<>();
    Recorder recorder = f.submit("a", prompt(1, 100), 10, _ -> filling, SamplingParams.greedy());
    f.runUntilIdle();
    f.loop.cancel(id("a"));
    f.runUntilIdle();
    assertThat(recorder.end).isInstanceOf(SequenceEnd.Cancelled.class);
    assertThat(f.loop.stats().pool().pinned()).isEqualTo(7);
    filling.complete(Filled.nothing(0, 16));
    f.assertWhole();
  }

  @Test
  void quarantinedBlocksAreNotUsedUntilNothingWritesIntoThem() {
    LoopFixture f = fixture(100, 64, 4);
    CompletableFuture<Void> lifted = new CompletableFuture<>();
    Recorder recorder =
        f.submit(
            "a",
            prompt(1, 100),
            10,
            room ->
                CompletableFuture.completedStage(
                    new Filled(0, 0, List.of(), List.of(room.blocks()[2]), lifted)),
            SamplingParams.greedy());
    f.runUntilIdle();
    assertThat(recorder.tokens).hasSize(10);
    assertThat(f.loop.stats().pool().pinned()).isEqualTo(1);
    lifted.complete(null);
    f.assertWhole();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void randomLoadLeavesAWholePoolAndTrueResidency(long seed) {
    Random random = new Random(seed);
    LoopFixture f = fixture(40, 32, 6);
    List<Recorder> recorders = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      int shared = random.nextInt(6);
      TokenIds tokens =
          prompt(shared, 16 * (1 + random.nextInt(8))).plus(prompt(i, 1 + random.nextInt(20)));
      recorders.add(f.submit("s" + i, tokens, 1 + random.nextInt(40)));
      for (int s = random.nextInt(6); s > 0; s--) {
        f.loop.doWork();
      }
      if (random.nextInt(4) == 0) {
        f.loop.cancel(id("s" + random.nextInt(i + 1)));
      }
    }
    f.runUntilIdle();
    assertThat(recorders).allSatisfy(recorder -> assertThat(recorder.end).isNotNull());
    f.assertWhole();
    Set<BlockHash> before = Set.copyOf(f.reported);
    f.loop.reportResidency();
    f.loop.doWork();
    assertThat(f.reported).isEqualTo(before);
  }

  @Test
  void runsOnItsOwnThreadAndEndsEverythingWhenClosed() {
    LoopFixture f = fixture(100, 64, 4);
    CompletableFuture<SequenceEnd> end = new CompletableFuture<>();
    f.loop.start();
    f.loop.submit(
        new SequenceSpec(
            id("endless"),
            prompt(1, 20),
            20,
            20,
            LoopFixture.ROOT,
            SamplingParams.greedy(),
            new Goal.Generate(new StopConditions(1_000_000, TokenIds.EMPTY)),
            0,
            Clock.systemUTC().instant().plusSeconds(600),
            room -> new CompletableFuture<>()),
        end::complete);
    f.loop.close();
    assertThat(end.join()).isInstanceOf(SequenceEnd.Failed.class);
  }

  private static int[] pinned(LoopFixture fixture, TokenIds prompt) {
    var refs = fixture.loop.pin(BlockHasher.chain(LoopFixture.ROOT, prompt)).toCompletableFuture();
    fixture.loop.doWork();
    var found = refs.join();
    return IntStream.range(0, found.size()).map(found::id).toArray();
  }
}
