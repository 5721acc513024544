package dev.baton.decode.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.Epoch;
import dev.baton.contracts.GenerateRequest;
import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.HandOff;
import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenIds;
import dev.baton.contracts.WorkerId;
import dev.baton.decode.handoff.Prefetch;
import dev.baton.kvtransfer.AcquireOutcome;
import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.KvPlane;
import dev.baton.kvtransfer.LeaseOutcome;
import dev.baton.kvtransfer.Peer;
import dev.baton.kvtransfer.TransferInterceptor;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransferRequest;
import dev.baton.kvtransfer.TransportCapability;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.TransportPath;
import dev.baton.worker.exchange.BlockPuller;
import dev.baton.worker.runtime.WorkerRuntime;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrefetchTest {
  private static final LaneRef DECODE = new LaneRef(new WorkerId("d"), new Lane(7), new Epoch(1));
  private static final LaneRef HOLDER = new LaneRef(new WorkerId("p"), new Lane(1), new Epoch(1));

  @TempDir Path folder;

  /** A holder that has two blocks and says so at once, whatever it is asked to wait for. */
  private static final class Hasty implements KvPlane, Peer {
    final AtomicInteger asked = new AtomicInteger();
    final AtomicInteger released = new AtomicInteger();

    @Override
    public CompletionStage<ConnectOutcome> connect(
        LaneRef holder, KvEndpoint endpoint, Deadline deadline) {
      return CompletableFuture.completedStage(new ConnectOutcome.Connected(this));
    }

    @Override
    public CompletionStage<AcquireOutcome> acquire(
        RequestId request, BlockHashes hashes, int beyond, Duration wait, Deadline deadline) {
      asked.incrementAndGet();
      return CompletableFuture.completedStage(
          new AcquireOutcome.Acquired(
              1, Duration.ofSeconds(30), new BlockRefs(new int[] {0, 1}, new int[2])));
    }

    @Override
    public CompletionStage<TransferOutcome> transfer(TransferRequest request) {
      return CompletableFuture.completedStage(
          new TransferOutcome.Completed(100, 1, TransportKind.TCP));
    }

    @Override
    public CompletionStage<LeaseOutcome> renew(long leaseId, Deadline deadline) {
      return CompletableFuture.completedStage(new LeaseOutcome.LeaseExpired(leaseId));
    }

    @Override
    public CompletionStage<LeaseOutcome> release(long leaseId, Deadline deadline) {
      released.incrementAndGet();
      return CompletableFuture.completedStage(new LeaseOutcome.Released());
    }

    @Override
    public LaneRef holder() {
      return HOLDER;
    }

    @Override
    public TransportPath path() {
      return new TransportPath(TransportKind.TCP, List.of());
    }

    @Override
    public boolean alive() {
      return true;
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

  @Test
  void aHolderThatHasNothingFurtherIsNotAskedAgainAndAgain() throws Exception {
    Hasty holder = new Hasty();
    try (WorkerRuntime decode =
        Workers.start("decode", folder.resolve("pool"), TransferInterceptor.NONE)) {
      GenerateRequest request =
          new GenerateRequest(
              GenerateRequest.VERSION,
              new RequestId("r"),
              1,
              "model",
              DECODE,
              TokenIds.of(new Random(1).ints(100, 0, 500).toArray()),
              100,
              BlockHasher.root(decode.engine().model().fingerprint(), "tenant"),
              SamplingParams.greedy(),
              new StopConditions(4, TokenIds.EMPTY),
              GenerationPath.DISAGGREGATED,
              Instant.now().plusSeconds(60),
              List.of());
      Prefetch prefetch =
          new Prefetch(
              request,
              new HandOff.PrefillStarted(
                  HandOff.VERSION,
                  request.request(),
                  1,
                  DECODE,
                  HOLDER,
                  new KvEndpoint("127.0.0.1", 1)),
              new BlockPuller(holder),
              decode.loop(),
              Duration.ofSeconds(5));
      prefetch.start();
      await()
          .during(Duration.ofMillis(300))
          .atMost(Duration.ofSeconds(10))
          .until(() -> holder.asked.get() == 2 && holder.released.get() == 2);
      assertThat(prefetch.bytes()).isEqualTo(100);
      assertThat(prefetch.finish().toCompletableFuture()).isDone();
    }
  }
}
