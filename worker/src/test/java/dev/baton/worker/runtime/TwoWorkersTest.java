package dev.baton.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.Epoch;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.LeaseRef;
import dev.baton.contracts.PrefixSource;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.Role;
import dev.baton.contracts.SampledToken;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenIds;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.worker.exchange.PrefixFiller;
import dev.baton.worker.loop.Filler;
import dev.baton.worker.loop.Goal;
import dev.baton.worker.loop.SequenceEnd;
import dev.baton.worker.loop.SequenceId;
import dev.baton.worker.loop.SequenceListener;
import dev.baton.worker.loop.SequenceSpec;
import dev.baton.worker.residency.ResidencyPublisher;
import dev.baton.worker.testing.TestEngine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Two workers exchange blocks over real sockets and mapped pools, also where pools count as the
 * memory of a device.
 */
@ParameterizedClass
@CsvSource({
  "false, false, SHARED_MEMORY",
  "true,  true,  CUDA_IPC",
  "true,  false, TCP",
  "false, true,  TCP"
})
class TwoWorkersTest {
  private static final BlockHash ROOT = BlockHasher.root(TestEngine.FINGERPRINT, "tenant");
  private static final int BLOCKS = 200;

  @TempDir Path folder;

  @Parameter(0)
  boolean holderOnDevice;

  @Parameter(1)
  boolean readerOnDevice;

  @Parameter(2)
  TransportKind expected;

  private final FaultInjector faults = new FaultInjector();
  private WorkerRuntime holder;
  private WorkerRuntime reader;
  private LaneRef holderLane;

  @BeforeEach
  void start() throws IOException {
    holder = worker("holder", 1, holderOnDevice);
    reader = worker("reader", 2, readerOnDevice);
    holderLane = new LaneRef(holder.id(), new Lane(1), new Epoch(1));
  }

  @AfterEach
  void everyBlockIsFreeInTheEnd() {
    for (WorkerRuntime worker : List.of(holder, reader)) {
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> {
            assertThat(worker.idle()).isTrue();
            assertThat(worker.stats(0).pinnedBlocks()).isZero();
          });
      assertThat(worker.loop().verify().toCompletableFuture())
          .succeedsWithin(Duration.ofSeconds(5));
    }
    reader.close();
    holder.close();
  }

  private WorkerRuntime worker(String name, int lane, boolean onDevice) throws IOException {
    Path pool = folder.resolve(name);
    WorkerRuntime worker =
        WorkerRuntime.start(
            new WorkerRuntime.Settings(
                new WorkerId(name), Role.BOTH, "127.0.0.1", 0, 64, 8, Duration.ofSeconds(30)),
            onDevice ? TestEngine.onDevice(pool, BLOCKS) : TestEngine.create(pool, BLOCKS),
            new ResidencyPublisher(_ -> {}),
            faults,
            TransferObserver.NONE,
            Clock.systemUTC());
    worker.granted(new LaneRef(worker.id(), new Lane(lane), new Epoch(1)));
    return worker;
  }

  private static TokenIds prompt(long seed, int length) {
    Random random = new Random(seed);
    return TokenIds.of(IntStream.range(0, length).map(_ -> random.nextInt(1000)).toArray());
  }

  private record Result(List<Integer> tokens, SequenceEnd end) {}

  private static CompletableFuture<Result> run(
      WorkerRuntime worker, String name, TokenIds tokens, Goal goal, @Nullable Filler filler) {
    CompletableFuture<Result> result = new CompletableFuture<>();
    List<Integer> generated = new ArrayList<>();
    worker
        .loop()
        .submit(
            new SequenceSpec(
                new SequenceId(new RequestId(name), 1),
                tokens,
                tokens.size(),
                tokens.size(),
                ROOT,
                SamplingParams.greedy(),
                goal,
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
    return result;
  }

  private static List<Integer> generate(
      WorkerRuntime worker, String name, TokenIds tokens, @Nullable Filler filler)
      throws Exception {
    Goal goal = new Goal.Generate(new StopConditions(20, TokenIds.EMPTY));
    Result result = run(worker, name, tokens, goal, filler).get(20, TimeUnit.SECONDS);
    assertThat(result.end()).isInstanceOf(SequenceEnd.Finished.class);
    return result.tokens();
  }

  /** A prompt computed by the holder, on lease for the reader. */
  private record HandedOver(LeaseRef lease, BlockRefs blocks, SampledToken firstToken) {}

  private HandedOver handOver(TokenIds prompt) throws Exception {
    Result result =
        run(holder, "hand-over", prompt, new Goal.HandOver(), null).get(20, TimeUnit.SECONDS);
    SequenceEnd.HandedOver end = (SequenceEnd.HandedOver) result.end();
    BlockRefs blocks = end.blocks().toCompletableFuture().get(5, TimeUnit.SECONDS);
    var lease =
        holder.leases().open(new RequestId("hand-over"), end.pinned(), Duration.ofSeconds(30));
    return new HandedOver(
        new LeaseRef(holderLane, holder.endpoint(), lease.leaseId(), lease.expiresAt()),
        blocks,
        end.firstToken());
  }

  private Filler pull(HandedOver handedOver, int tokens) {
    return room ->
        reader
            .puller()
            .pullLeased(
                handedOver.lease(),
                handedOver.blocks(),
                tokens,
                room,
                Deadline.after(Duration.ofSeconds(5)))
            .whenComplete((_, _) -> reader.puller().release(handedOver.lease()))
            .thenApply(pull -> pull.filled());
  }

  @Test
  void aHandedOverPromptGoesOnAsIfItHadNeverMoved() throws Exception {
    TokenIds prompt = prompt(1, 203);
    HandedOver handedOver = handOver(prompt);
    TokenIds known = prompt.plus(TokenIds.of(handedOver.firstToken().tokenId()));
    List<Integer> here = generate(holder, "stay", known, null);
    List<Integer> there = generate(reader, "move", known, pull(handedOver, prompt.size()));
    assertThat(there).isEqualTo(here);
    assertThat(reader.stats(0).computedTokens()).isLessThanOrEqualTo(1);
    assertThat(reader.stats(0).pulledTokens()).isEqualTo(203);
    assertThat(((TestEngine) reader.engine()).pulled)
        .hasValue(expected == TransportKind.CUDA_IPC ? 13 : 0);
  }

  @Test
  void blocksTravelByTheBestWayThatThePoolsAllow() throws Exception {
    var outcome =
        reader
            .plane()
            .connect(holderLane, holder.endpoint(), Deadline.after(Duration.ofSeconds(5)))
            .toCompletableFuture()
            .get(5, TimeUnit.SECONDS);
    assertThat(outcome)
        .isInstanceOfSatisfying(
            ConnectOutcome.Connected.class,
            connected -> assertThat(connected.peer().path().kind()).isEqualTo(expected));
  }

  @Test
  void aCorruptedBlockIsComputedAgainAndCounted() throws Exception {
    TokenIds prompt = prompt(2, 203);
    HandedOver handedOver = handOver(prompt);
    TokenIds known = prompt.plus(TokenIds.of(handedOver.firstToken().tokenId()));
    List<Integer> here = generate(holder, "stay", known, null);
    faults.corrupt(1);
    List<Integer> there = generate(reader, "move", known, pull(handedOver, prompt.size()));
    assertThat(there).isEqualTo(here);
    assertThat(reader.stats(0).digestMismatches()).isEqualTo(1);
    assertThat(reader.stats(0).computedTokens()).isPositive();
  }

  @Test
  void blocksCompletedAfterAPullHaveTheirOwnDigests() throws Exception {
    // The last block is handed over half full and filled up by the reader.
    TokenIds prompt = prompt(3, 200);
    HandedOver handedOver = handOver(prompt);
    TokenIds known = prompt.plus(TokenIds.of(handedOver.firstToken().tokenId()));
    List<Integer> generated = generate(reader, "move", known, pull(handedOver, prompt.size()));
    TokenIds all =
        known.plus(TokenIds.of(generated.stream().mapToInt(Integer::intValue).toArray()));
    LaneRef readerLane = new LaneRef(reader.id(), new Lane(2), new Epoch(1));
    PrefixSource back = new PrefixSource(readerLane, reader.endpoint(), 13);
    WorkerRuntime third = worker("third", 3, holderOnDevice);
    PrefixFiller filler =
        third.prefixes().filler(new RequestId("back"), all.size(), List.of(back)).orElseThrow();
    generate(third, "back", all, filler);
    assertThat(third.stats(0).pulledTokens()).isEqualTo(13 * 16);
    assertThat(third.stats(0).digestMismatches()).isZero();
    // It gives its lease back after the pull, which takes the connection that closing ends.
    await().atMost(Duration.ofSeconds(5)).until(reader::idle);
    third.close();
  }

  @Test
  void aPrefixIsFetchedFromItsHolderAndTheRestComputed() throws Exception {
    TokenIds shared = prompt(4, 160);
    TokenIds prompt = shared.plus(prompt(5, 50));
    List<Integer> here = generate(holder, "warm", prompt, null);
    PrefixSource source = new PrefixSource(holderLane, holder.endpoint(), 10);
    PrefixFiller filler =
        reader
            .prefixes()
            .filler(new RequestId("prefix"), prompt.size(), List.of(source))
            .orElseThrow();
    assertThat(generate(reader, "prefix", prompt, filler)).isEqualTo(here);
    assertThat(reader.stats(0).pulledTokens()).isEqualTo(160);
    assertThat(reader.stats(0).computedTokens()).isEqualTo(50);
    assertThat(filler.pull().orElseThrow().problem()).isEmpty();
  }

  @Test
  void aWorkerFetchesNothingFromItself() {
    PrefixSource self =
        new PrefixSource(
            new LaneRef(reader.id(), new Lane(2), new Epoch(1)), reader.endpoint(), 10);
    assertThat(reader.prefixes().filler(new RequestId("self"), 200, List.of(self))).isEmpty();
  }

  @Test
  void aHolderInAnotherEpochCostsARecomputationOnly() throws Exception {
    TokenIds prompt = prompt(6, 203);
    HandedOver handedOver = handOver(prompt);
    TokenIds known = prompt.plus(TokenIds.of(handedOver.firstToken().tokenId()));
    List<Integer> here = generate(holder, "stay", known, null);
    holder.granted(new LaneRef(holder.id(), new Lane(1), new Epoch(2)));
    assertThat(generate(reader, "move", known, pull(handedOver, prompt.size()))).isEqualTo(here);
    assertThat(reader.stats(0).pulledTokens()).isZero();
  }

  @Test
  void aHolderThatIsGoneCostsARecomputationOnly() throws Exception {
    TokenIds prompt = prompt(7, 203);
    HandedOver handedOver = handOver(prompt);
    TokenIds known = prompt.plus(TokenIds.of(handedOver.firstToken().tokenId()));
    List<Integer> here = generate(holder, "stay", known, null);
    holder.plane().close();
    long begin = System.nanoTime();
    assertThat(generate(reader, "move", known, pull(handedOver, prompt.size()))).isEqualTo(here);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(4));
  }

  @Test
  void aFencedWorkerFailsWhatItRunsForOthersToGoOn() throws Exception {
    Goal endless = new Goal.Generate(new StopConditions(100_000, TokenIds.EMPTY));
    CompletableFuture<Result> running = run(reader, "endless", prompt(8, 40), endless, null);
    await().atMost(Duration.ofSeconds(5)).until(() -> reader.stats(0).generatedTokens() > 3);
    reader.fenced(new LaneRef(reader.id(), new Lane(2), new Epoch(1)));
    SequenceEnd end = running.get(5, TimeUnit.SECONDS).end();
    assertThat(end)
        .isInstanceOfSatisfying(
            SequenceEnd.Failed.class, failed -> assertThat(failed.failure().retryable()).isTrue());
  }
}
