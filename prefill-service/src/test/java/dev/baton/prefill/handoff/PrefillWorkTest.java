package dev.baton.prefill.handoff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.Epoch;
import dev.baton.contracts.HandOff;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.PrefillRequest;
import dev.baton.contracts.Role;
import dev.baton.contracts.ServiceClass;
import dev.baton.contracts.WorkerId;
import dev.baton.engine.EngineConfig;
import dev.baton.engine.KvMemory;
import dev.baton.engine.NativeEngine;
import dev.baton.kvtransfer.BlockDigest;
import dev.baton.kvtransfer.TransferInterceptor;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.prefill.Requests;
import dev.baton.prefill.queue.Settlement;
import dev.baton.worker.residency.ResidencyPublisher;
import dev.baton.worker.runtime.WorkerRuntime;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prefill with the real engine on a tiny model. */
class PrefillWorkTest {
  private static final LaneRef LANE =
      new LaneRef(new WorkerId("prefill"), new Lane(2), new Epoch(3));
  private static final Path MODEL = Path.of("../engine/golden/gqa-tied");

  @TempDir Path folder;
  private final List<HandOff> sent = new CopyOnWriteArrayList<>();
  private final List<HandOff.PrefillStarted> announced = new CopyOnWriteArrayList<>();
  private CompletionStage<?> sending = CompletableFuture.completedStage(null);
  private Optional<LaneRef> lane = Optional.of(LANE);
  private WorkerRuntime worker;
  private PrefillWork work;

  @BeforeEach
  void start() throws Exception {
    NativeEngine engine =
        NativeEngine.open(new EngineConfig(MODEL, "cpu", 1, 40, folder.resolve("pool"), 64, 8));
    worker =
        WorkerRuntime.start(
            new WorkerRuntime.Settings(
                LANE.worker(), Role.PREFILL, "127.0.0.1", 0, 64, 8, Duration.ofSeconds(30)),
            engine,
            new ResidencyPublisher(_ -> {}),
            TransferInterceptor.NONE,
            TransferObserver.NONE,
            Clock.systemUTC());
    worker.granted(LANE);
    work =
        new PrefillWork(
            worker,
            () -> lane,
            handOff -> {
              if (handOff instanceof HandOff.PrefillStarted started) {
                announced.add(started);
              } else {
                sent.add(handOff);
              }
              return sending;
            },
            Clock.systemUTC());
  }

  @AfterEach
  void everyBlockIsFreeOnceLeasesEnd() {
    worker.leases().revokeAll();
    await().atMost(Duration.ofSeconds(5)).until(() -> worker.stats(0).pinnedBlocks() == 0);
    assertThat(worker.loop().verify().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(5));
    worker.close();
  }

  private PrefillRequest request(String id, int tokens) {
    return Requests.prefill(id, tokens, model(), Instant.now().plusSeconds(60));
  }

  private ModelFingerprint model() {
    return worker.engine().model().fingerprint();
  }

  private Settlement settle(PrefillRequest request) throws Exception {
    return work.handle(request, ServiceClass.INTERACTIVE)
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  @Test
  void handsOverLeasedBlocksWithTheirDigestsAndTheFirstToken() throws Exception {
    PrefillRequest request = request("a", 203);
    assertThat(settle(request)).isEqualTo(Settlement.DONE);
    HandOff.KvHandle handle = (HandOff.KvHandle) sent.getFirst();
    assertThat(handle.target()).isEqualTo(Requests.TARGET);
    assertThat(handle.tokenCount()).isEqualTo(203);
    assertThat(handle.blocks().size()).isEqualTo(13);
    assertThat(handle.lease().holder()).isEqualTo(LANE);
    assertThat(handle.lease().kv()).isEqualTo(worker.endpoint());
    assertThat(worker.leases().live(handle.lease().leaseId())).isTrue();
    assertThat(handle.timings().computedTokens()).isEqualTo(203);
    assertThat(worker.stats(0).pinnedBlocks()).isEqualTo(13);
    MemorySegment pool = ((KvMemory.Host) worker.engine().kvMemory()).segment();
    long bytes = worker.engine().kvLayout().blockBytes();
    for (int i = 0; i < 13; i++) {
      assertThat(worker.leases().covers(handle.lease().leaseId(), handle.blocks().id(i))).isTrue();
      assertThat(BlockDigest.of(pool.asSlice(handle.blocks().id(i) * bytes, bytes)))
          .isEqualTo(handle.blocks().digest(i));
    }
  }

  @Test
  void aPromptOfSeveralChunksIsAnnouncedWhenItsComputationBegins() throws Exception {
    settle(request("one-chunk", 64));
    assertThat(announced).isEmpty();
    PrefillRequest request = request("two-chunks", 65);
    settle(request);
    assertThat(announced)
        .containsExactly(
            new HandOff.PrefillStarted(
                HandOff.VERSION,
                request.request(),
                request.attempt(),
                Requests.TARGET,
                LANE,
                worker.endpoint()));
  }

  @Test
  void aRepeatedPromptIsReusedAndGivesTheSameToken() throws Exception {
    settle(request("a", 203));
    PrefillRequest again = request("a", 203);
    settle(again);
    HandOff.KvHandle first = (HandOff.KvHandle) sent.get(0);
    HandOff.KvHandle second = (HandOff.KvHandle) sent.get(1);
    assertThat(second.firstToken()).isEqualTo(first.firstToken());
    assertThat(second.timings().reusedTokens()).isEqualTo(192);
    assertThat(second.timings().computedTokens()).isEqualTo(11);
  }

  @Test
  void givesBlocksAndRecordBackWhenTheHandleCannotBeSent() throws Exception {
    sending = CompletableFuture.failedStage(new IllegalStateException("no broker"));
    assertThat(settle(request("a", 100))).isEqualTo(Settlement.TRY_ELSEWHERE);
    assertThat(worker.leases().size()).isZero();
  }

  @Test
  void withoutALaneTheDecodeWorkerIsToldToGoOnAlone() throws Exception {
    lane = Optional.empty();
    assertThat(settle(request("a", 100))).isEqualTo(Settlement.DONE);
    assertThat(sent.getFirst()).isInstanceOf(HandOff.PrefillFailure.class);
  }

  @Test
  void aPromptThatCanNeverFitIsToldToTheDecodeWorker() throws Exception {
    assertThat(settle(request("long", 512))).isEqualTo(Settlement.DONE);
    assertThat(sent.getFirst())
        .isInstanceOfSatisfying(
            HandOff.PrefillFailure.class,
            failure -> {
              assertThat(failure.retryable()).isFalse();
              assertThat(failure.reason()).contains("512");
            });
    assertThat(announced).isEmpty();
  }

  @Test
  void aRequestOfAnotherModelIsRefusedWithTheReason() throws Exception {
    assertThat(settle(Requests.prefill("other", 20))).isEqualTo(Settlement.DONE);
    assertThat(sent.getFirst())
        .isInstanceOfSatisfying(
            HandOff.PrefillFailure.class,
            failure -> assertThat(failure.reason()).contains("another model"));
  }

  @Test
  void aRequestThatNobodyWaitsForAnyMoreIsDropped() throws Exception {
    assertThat(settle(Requests.prefill("late", 20, model(), Instant.now().minusSeconds(1))))
        .isEqualTo(Settlement.DONE);
    work.cancel(request("cancelled", 20).request());
    assertThat(settle(request("cancelled", 20))).isEqualTo(Settlement.DONE);
    assertThat(sent).isEmpty();
    assertThat(worker.stats(0).computedTokens()).isZero();
  }

  @Test
  void aCancelledPrefillIsNotHandedOver() throws Exception {
    // What runs before it keeps the loop busy until the cancellation is there.
    List<CompletionStage<Settlement>> before =
        Stream.of("a", "b", "c", "d")
            .map(name -> work.handle(request(name, 500), ServiceClass.INTERACTIVE))
            .toList();
    PrefillRequest request = request("cancelled", 500);
    CompletionStage<Settlement> cancelled = work.handle(request, ServiceClass.BATCH);
    work.cancel(request.request());
    assertThat(cancelled.toCompletableFuture().get(20, TimeUnit.SECONDS))
        .isEqualTo(Settlement.DONE);
    for (CompletionStage<Settlement> other : before) {
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> {
            worker.leases().revokeAll();
            return other.toCompletableFuture().isDone();
          });
    }
    assertThat(sent).extracting(HandOff::request).doesNotContain(request.request());
    assertThat(announced).extracting(HandOff::request).doesNotContain(request.request());
  }

  @Test
  void aRecordDeliveredTwiceIsComputedOnce() throws Exception {
    PrefillRequest request = request("twice", 300);
    CompletionStage<Settlement> first = work.handle(request, ServiceClass.INTERACTIVE);
    CompletionStage<Settlement> second = work.handle(request, ServiceClass.INTERACTIVE);
    assertThat(second.toCompletableFuture().get(5, TimeUnit.SECONDS)).isEqualTo(Settlement.DONE);
    assertThat(first.toCompletableFuture().get(20, TimeUnit.SECONDS)).isEqualTo(Settlement.DONE);
    assertThat(sent).hasSize(1);
  }
}
