package dev.baton.kvtransfer.plane;

import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPlane;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.Peer;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransferRequest;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.lease.LeaseBook;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Moves KV blocks between two processes over this machine's RDMA device, with a worker's own
 * settings of UCX, and looks at who carried them: {@code RdmaMain DEVICE LOG}, the file that UCX of
 * both processes logs to. What it finds wrong ends it with an exception. {@code ./baton test rdma}
 * runs it in a virtual machine.
 */
final class RdmaMain {
  private static final int BLOCKS = 256;
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final Path FOLDER = Path.of("/dev/shm");

  /** The largest MTU of InfiniBand and RoCE. */
  private static final int MAX_PACKET_BYTES = 4096;

  /** Process and lanes of an endpoint in UCX's log. */
  private static final Pattern ENDPOINT = Pattern.compile("\\[[^:]*:(\\d+) .*(ep_cfg\\[\\d+].*)");

  /** A transport in such lanes, before its device. */
  private static final Pattern TRANSPORT = Pattern.compile("(\\w+)/");

  private final Path packetsReceived;
  private final Path ucxLog;
  private final HostKvPool pool;

  private RdmaMain(String device, Path ucxLog) throws IOException {
    this.packetsReceived =
        Path.of("/sys/class/infiniband", device, "ports/1/hw_counters/rcvd_pkts");
    this.ucxLog = ucxLog;
    this.pool =
        HostKvPool.create(
            FOLDER.resolve("reader.kv"), TestBlocks.LAYOUT.blockBytes(), BLOCKS, Arena.global());
  }

  public static void main(String[] args) throws Exception {
    new RdmaMain(args[0], Path.of(args[1])).run();
  }

  private void run() throws Exception {
    say("starting a holder of %d blocks of %d KiB in another process", BLOCKS, blockKib());
    try (HolderProcess holder =
            HolderProcess.start(FOLDER.resolve("holder.kv"), BLOCKS, Duration.ofMinutes(10));
        KvPlane plane = plane()) {
      say("connecting");
      Peer peer = connect(plane, holder);
      int[] all = IntStream.range(0, BLOCKS).toArray();
      long lease = holder.lease(Duration.ofMinutes(10), all);

      movesEveryBlock(peer, lease, all);
      onlyRdmaLanes();
      noticesADamagedBlock(holder, peer, lease, all);
      noticesADeadHolder(holder, peer, lease, all);
    }
  }

  private void movesEveryBlock(Peer peer, long lease, int[] all) throws IOException {
    long packets = packets();
    long loopback = loopbackBytes();
    say("reading all blocks");
    TransferOutcome outcome = transfer(peer, lease, all);
    if (!(outcome instanceof TransferOutcome.Completed completed)) {
      throw new IllegalStateException("the transfer ended as " + outcome);
    }
    packets = packets() - packets;
    loopback = loopbackBytes() - loopback;
    for (int block : all) {
      MemorySegment held = MemorySegment.ofArray(TestBlocks.bytes(block));
      check(pool.block(block).mismatch(held) == -1, "block " + block + " has other bytes");
    }
    long leastPackets = completed.bytes() / MAX_PACKET_BYTES;
    say(
        "%d blocks, %d bytes, digests and bytes right, %d ms by %s",
        all.length, completed.bytes(), completed.nanos() / 1_000_000, completed.transport());
    say(
        "packets that the RDMA device received: %d (at least %d for these bytes); bytes over TCP: %d",
        packets, leastPackets, loopback);
    check(completed.transport() == TransportKind.UCX, "the blocks did not come through UCX");
    check(packets >= leastPackets, "the RDMA device received too few packets");
    check(loopback < completed.bytes() / 20, "too many bytes went over TCP");
  }

  /** What UCX itself says of the lanes of its endpoints, at both ends. */
  private void onlyRdmaLanes() throws IOException {
    Map<String, Set<String>> lanes = new TreeMap<>();
    for (String line : Files.readAllLines(ucxLog)) {
      Matcher endpoint = ENDPOINT.matcher(line);
      if (endpoint.find()) {
        lanes.computeIfAbsent(endpoint.group(1), _ -> new TreeSet<>()).add(endpoint.group(2));
      }
    }
    lanes.forEach((process, all) -> say("UCX of process %s: %s", process, all));
    check(lanes.size() == 2, "UCX does not tell the lanes of both processes");
    for (Set<String> all : lanes.values()) {
      for (String ofEndpoint : all) {
        check(ofEndpoint.contains("rma(rc_verbs/"), "UCX reads by other lanes than RDMA");
        check(
            TRANSPORT
                .matcher(ofEndpoint)
                .results()
                .allMatch(lane -> lane.group(1).endsWith("_verbs")),
            "UCX has other lanes than RDMA");
      }
    }
  }

  private void noticesADamagedBlock(HolderProcess holder, Peer peer, long lease, int[] all) {
    say("damaging block 7 at the holder and reading all blocks again");
    holder.ask("corrupt 7");
    TransferOutcome outcome = transfer(peer, lease, all);
    check(
        outcome instanceof TransferOutcome.Corrupted corrupted
            && corrupted.indices().equals(List.of(7)),
        "a damaged block showed as " + outcome);
  }

  private void noticesADeadHolder(HolderProcess holder, Peer peer, long lease, int[] all) {
    say("killing the holder and reading from it");
    holder.kill();
    TransferOutcome outcome = transfer(peer, lease, all);
    check(outcome instanceof PeerFailure.PeerLost, "a dead holder showed as " + outcome);
  }

  private KvPlane plane() throws IOException {
    KvPlaneConfig config =
        KvPlaneConfig.builder(new WorkerId("reader"), TestBlocks.MODEL, TestBlocks.LAYOUT)
            .bind(Ucx.HOST, 0)
            .transports(Set.of(TransportKind.UCX))
            .handshakeTimeout(LONG)
            .ucx(Ucx.SETTINGS)
            .build();
    LeaseBook leases = new LeaseBook(Clock.systemUTC(), (lease, request, blocks, why) -> {});
    return WorkerKvPlane.start(
        config,
        pool,
        leases,
        (_, _, _, _) -> CompletableFuture.completedStage(new BlockRefs(new int[0], new int[0])));
  }

  private static Peer connect(KvPlane plane, HolderProcess holder) {
    ConnectOutcome outcome =
        get(plane.connect(holder.inEpoch(1), holder.endpoint(), Deadline.after(LONG)));
    if (outcome instanceof ConnectOutcome.Connected(Peer peer)) {
      return peer;
    }
    throw new IllegalStateException("no connection: " + outcome + "; " + plane.capabilities());
  }

  private static TransferOutcome transfer(Peer peer, long lease, int[] blocks) {
    BlockRefs refs = TestBlocks.refs(blocks);
    return get(peer.transfer(TransferRequest.of(lease, refs, 0, blocks, Deadline.after(LONG))));
  }

  private static <T> T get(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(2 * LONG.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException("no outcome in time", e);
    }
  }

  private long packets() throws IOException {
    return Long.parseLong(Files.readString(packetsReceived).strip());
  }

  /** Bytes that the loopback device received: all of TCP between processes of one machine. */
  private static long loopbackBytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/net/dev")).stream()
        .map(String::strip)
        .filter(line -> line.startsWith("lo:"))
        .mapToLong(line -> Long.parseLong(line.substring(3).strip().split("\\s+")[0]))
        .findFirst()
        .orElseThrow();
  }

  private static long blockKib() {
    return TestBlocks.LAYOUT.blockBytes() / 1024;
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }

  private static void say(String format, Object... arguments) {
    System.out.println(format.formatted(arguments));
  }
}
