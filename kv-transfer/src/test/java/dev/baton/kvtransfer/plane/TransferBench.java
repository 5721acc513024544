package dev.baton.kvtransfer.plane;

import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.KvLayout;
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
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * Measures transfers between two processes of this host, digests included, beside what does no more
 * than move the bytes: memcpy, {@code iperf3}, {@code ucx_perftest}. A round measures each of them
 * in turn, so that whatever else the machine does hits all; medians of the rounds count. {@code
 * ./baton bench transfers} runs it.
 */
final class TransferBench {
  private static final int ROUNDS = 5;
  private static final long MEASURE_NANOS = 700_000_000;
  private static final int SET_BYTES = 64 << 20;
  private static final Duration LONG = Duration.ofSeconds(30);

  /** In memory, as pools are. */
  private final Path folder = Files.createTempDirectory(Path.of("/dev/shm"), "kv-bench");

  private TransferBench() throws IOException {}

  public static void main(String[] args) throws Exception {
    new TransferBench().run();
  }

  private void run() throws Exception {
    try {
      blocks("64 KiB", TestBlocks.LAYOUT);
      blocks("2 MiB", TestBlocks.LARGE);
      handshakes();
    } finally {
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }

  private void blocks(String size, KvLayout layout) throws Exception {
    int count = (int) (SET_BYTES / layout.blockBytes());
    int[] all = IntStream.range(0, count).toArray();
    try (Arena arena = Arena.ofShared();
        HolderProcess holder = start(layout, count)) {
      HostKvPool pool =
          HostKvPool.create(folder.resolve("reader.kv"), layout.blockBytes(), count, arena);
      HostKvPool other =
          HostKvPool.create(folder.resolve("other.kv"), layout.blockBytes(), count, arena);
      TestBlocks.fill(other);
      BlockRefs refs = TestBlocks.refs(layout, all);
      long lease = holder.lease(Duration.ofMinutes(30), all);
      try (KvPlane shared = plane(TransportKind.SHARED_MEMORY, layout, pool);
          KvPlane tcp = plane(TransportKind.TCP, layout, pool);
          KvPlane ucx = plane(TransportKind.UCX, layout, pool)) {
        Peer overShared = connect(shared, holder);
        Peer overTcp = connect(tcp, holder);
        Peer overUcx = connect(ucx, holder);
        // One block of the holder's again and again, as ucx_perftest does, and the whole set.
        BlockRefs same = TestBlocks.refs(layout, new int[count]);
        Series memcpy = new Series("memcpy");
        Series sharedMemory = new Series("shared memory");
        Series iperf = new Series("iperf3, " + Reference.STREAMS + " streams");
        Series sockets = new Series("TCP");
        Series perftest = new Series("ucx_perftest ucp_get, tcp");
        Series gets = new Series("UCX, tcp, one block");
        Series getsOfSet = new Series("UCX, tcp");
        for (int round = 0; round < ROUNDS; round++) {
          memcpy.add(rate(() -> copy(other, pool)));
          sharedMemory.add(rate(() -> transfer(overShared, lease, refs, all)));
          iperf.add(Reference.iperf());
          sockets.add(rate(() -> transfer(overTcp, lease, refs, all)));
          perftest.add(Reference.ucxGet(layout.blockBytes()));
          gets.add(rate(() -> transfer(overUcx, lease, same, all)));
          getsOfSet.add(rate(() -> transfer(overUcx, lease, refs, all)));
        }
        System.out.printf("%nBlocks of %s, %d MiB a transfer%n", size, SET_BYTES >> 20);
        memcpy.print();
        sharedMemory.print(memcpy);
        iperf.print();
        sockets.print(iperf, getsOfSet);
        perftest.print();
        gets.print(perftest);
        getsOfSet.print(perftest);
      }
    }
  }

  private HolderProcess start(KvLayout layout, int count) throws IOException {
    Path file = folder.resolve("holder.kv");
    return layout.equals(TestBlocks.LARGE)
        ? HolderProcess.startLarge(file, count, LONG)
        : HolderProcess.start(file, count, LONG);
  }

  /** From the call to a peer that can be read from; every epoch of a holder is another peer. */
  private void handshakes() throws Exception {
    int rounds = 50;
    System.out.printf("%nHandshake, median and slowest of %d%n", rounds);
    for (TransportKind kind :
        List.of(TransportKind.SHARED_MEMORY, TransportKind.TCP, TransportKind.UCX)) {
      try (Arena arena = Arena.ofShared();
          HolderProcess holder = HolderProcess.start(folder.resolve("holder.kv"), 4, LONG)) {
        HostKvPool pool =
            HostKvPool.create(
                folder.resolve("reader.kv"), TestBlocks.LAYOUT.blockBytes(), 4, arena);
        try (KvPlane plane = plane(kind, TestBlocks.LAYOUT, pool)) {
          List<Double> millis = new ArrayList<>();
          for (int epoch = 1; epoch <= rounds + 1; epoch++) {
            holder.ask("epoch " + epoch);
            long start = System.nanoTime();
            connect(plane, holder, epoch);
            millis.add((System.nanoTime() - start) / 1e6);
          }
          double first = millis.removeFirst();
          millis.sort(null);
          System.out.printf(
              "%-28s %6.2f ms %6.2f ms; the first of the process %6.2f ms%n",
              kind, millis.get(rounds / 2), millis.getLast(), first);
        }
      }
    }
  }

  private static KvPlane plane(TransportKind kind, KvLayout layout, HostKvPool pool)
      throws IOException {
    KvPlaneConfig config =
        KvPlaneConfig.builder(new WorkerId("bench"), TestBlocks.MODEL, layout)
            .transports(Set.of(kind))
            .ucx(Ucx.SETTINGS)
            .build();
    LeaseBook leases = new LeaseBook(Clock.systemUTC(), (lease, request, blocks, why) -> {});
    return WorkerKvPlane.start(
        config,
        pool,
        leases,
        (_, _, _, _) -> CompletableFuture.completedStage(new BlockRefs(new int[0], new int[0])));
  }

  private static Peer connect(KvPlane plane, HolderProcess holder) throws Exception {
    return connect(plane, holder, 1);
  }

  private static Peer connect(KvPlane plane, HolderProcess holder, long epoch) throws Exception {
    ConnectOutcome outcome =
        plane
            .connect(holder.inEpoch(epoch), holder.endpoint(), Deadline.after(LONG))
            .toCompletableFuture()
            .get();
    if (outcome instanceof ConnectOutcome.Connected(Peer peer)) {
      return peer;
    }
    throw new IllegalStateException(outcome + "; " + plane.capabilities());
  }

  private static void copy(HostKvPool from, HostKvPool to) {
    for (int block = 0; block < to.blockCount(); block++) {
      to.block(block).copyFrom(from.block(block));
    }
  }

  private static void transfer(Peer peer, long lease, BlockRefs refs, int[] local)
      throws Exception {
    TransferOutcome outcome =
        peer.transfer(TransferRequest.of(lease, refs, 0, local, Deadline.after(LONG)))
            .toCompletableFuture()
            .get();
    if (!(outcome instanceof TransferOutcome.Completed)) {
      throw new IllegalStateException(String.valueOf(outcome));
    }
  }

  @FunctionalInterface
  private interface Move {
    void run() throws Exception;
  }

  /** Bytes a second of moves of the whole set, one after the other. */
  private static double rate(Move move) throws Exception {
    move.run();
    long start = System.nanoTime();
    int moves = 0;
    while (System.nanoTime() - start < MEASURE_NANOS) {
      move.run();
      moves++;
    }
    return 1e9 * moves * SET_BYTES / (System.nanoTime() - start);
  }

  /** One line of the report. */
  private record Series(String name, List<Double> rates) {
    Series(String name) {
      this(name, new ArrayList<>());
    }

    void add(double rate) {
      rates.add(rate);
    }

    double median() {
      return rates.stream().sorted().toList().get(rates.size() / 2);
    }

    void print(Series... references) {
      List<Double> sorted = rates.stream().sorted().toList();
      StringBuilder line = new StringBuilder();
      line.append(
          "%-28s %6.2f GB/s (%.2f to %.2f)"
              .formatted(name, median() / 1e9, sorted.getFirst() / 1e9, sorted.getLast() / 1e9));
      for (Series reference : references) {
        line.append(", %.2f x %s".formatted(median() / reference.median(), reference.name));
      }
      System.out.println(line);
    }
  }
}
