package dev.baton.kvtransfer.plane;

import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPlane;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.Peer;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransferRequest;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.lease.LeaseBook;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Measures transfers between two processes of this host, digests included: per transport a hand-off
 * of 6,000 tokens in blocks of 64 KiB, and a single block. No test by itself; run it with {@code
 * mvn -q -pl kv-transfer -am verify -Dtest=none -Dit.test=TransferBench
 * -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false}.
 */
final class TransferBench {
  /** All that need no device. */
  private static final Set<TransportKind> KINDS =
      EnumSet.complementOf(EnumSet.of(TransportKind.CUDA_IPC));

  private static final int BLOCKS = 375;
  private static final int ROUNDS = 60;
  private static final Duration LONG = Duration.ofSeconds(30);

  @Test
  void measures() throws Exception {
    Path folder = Files.createTempDirectory(Path.of("/dev/shm"), "kv-bench");
    try (HolderProcess holder =
        HolderProcess.start(folder.resolve("holder.kv"), BLOCKS, Duration.ofMinutes(10))) {
      for (TransportKind kind : KINDS) {
        measure(kind, holder, folder);
      }
    } finally {
      for (TransportKind kind : KINDS) {
        Files.deleteIfExists(folder.resolve(kind + ".kv"));
      }
      Files.deleteIfExists(folder.resolve("holder.kv"));
      Files.delete(folder);
    }
  }

  private static void measure(TransportKind kind, HolderProcess holder, Path folder)
      throws Exception {
    HostKvPool pool =
        HostKvPool.create(
            folder.resolve(kind + ".kv"), TestBlocks.LAYOUT.blockBytes(), BLOCKS, Arena.ofAuto());
    KvPlaneConfig config =
        KvPlaneConfig.builder(new WorkerId("bench"), TestBlocks.MODEL, TestBlocks.LAYOUT)
            .transports(Set.of(kind))
            .ucx(Ucx.SETTINGS)
            .build();
    LeaseBook leases = new LeaseBook(Clock.systemUTC(), (lease, request, blocks, why) -> {});
    try (KvPlane plane =
        WorkerKvPlane.start(
            config,
            pool,
            leases,
            (_, _, _, _) ->
                CompletableFuture.completedStage(new BlockRefs(new int[0], new int[0])))) {
      var connected =
          plane
              .connect(holder.inEpoch(1), holder.endpoint(), Deadline.after(LONG))
              .toCompletableFuture()
              .get();
      if (!(connected instanceof ConnectOutcome.Connected(Peer peer))) {
        System.out.println(kind + ": " + connected);
        return;
      }
      int[] all = IntStream.range(0, BLOCKS).toArray();
      long lease = holder.lease(Duration.ofMinutes(5), all);
      report(kind, peer, lease, all);
      report(kind, peer, lease, new int[] {0});
    }
  }

  private static void report(TransportKind kind, Peer peer, long lease, int[] blocks)
      throws Exception {
    BlockRefs refs = TestBlocks.refs(blocks);
    long best = Long.MAX_VALUE;
    long bytes = 0;
    for (int round = 0; round < ROUNDS; round++) {
      TransferOutcome outcome =
          peer.transfer(TransferRequest.of(lease, refs, 0, blocks, Deadline.after(LONG)))
              .toCompletableFuture()
              .get();
      if (!(outcome instanceof TransferOutcome.Completed completed)) {
        System.out.println(kind + ": " + outcome);
        return;
      }
      best = Math.min(best, completed.nanos());
      bytes = completed.bytes();
    }
    System.out.printf(
        "%-14s %4d blocks  %8.3f ms  %6.2f GB/s (best of %d)%n",
        kind, blocks.length, best / 1e6, (double) bytes / best, ROUNDS);
  }
}
