package dev.baton.kvtransfer.plane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.Epoch;
import dev.baton.contracts.KvDtype;
import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPlane;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.lease.LeaseBook;
import dev.baton.kvtransfer.wire.FrameHeader;
import dev.baton.kvtransfer.wire.Message;
import dev.baton.kvtransfer.wire.MessageCodec;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who gets in and who does not. */
final class HandshakeTest {
  private static final WorkerId HOLDER = new WorkerId("prefill-0");
  private static final WorkerId READER = new WorkerId("decode-1");

  @TempDir Path folder;
  private final List<KvPlane> planes = new ArrayList<>();
  private KvPlane holder;

  @BeforeEach
  void startHolder() {
    holder = start(config(HOLDER, TestBlocks.MODEL, TestBlocks.LAYOUT), "holder.kv");
    holder.enterEpoch(new Epoch(1));
  }

  @AfterEach
  void close() {
    planes.forEach(KvPlane::close);
  }

  @Test
  void connectsEqualWorkers() {
    KvPlane reader = start(config(READER, TestBlocks.MODEL, TestBlocks.LAYOUT), "reader.kv");

    assertThat(connect(reader, HOLDER, 1)).isInstanceOf(ConnectOutcome.Connected.class);
  }

  @Test
  void refusesAnotherLayoutAndNamesBoth() {
    KvLayout other = new KvLayout(1, 8, 16, 64, KvDtype.F32);
    KvPlane reader = start(config(READER, TestBlocks.MODEL, other), "reader.kv");

    assertThat(connect(reader, HOLDER, 1))
        .isEqualTo(
            new ConnectOutcome.Refused(
                "holder prefill-0 has KV layout KvLayout[kvHeads=2, layers=8, blockTokens=16,"
                    + " headDim=64, dtype=BF16], reader decode-1 has KvLayout[kvHeads=1, layers=8,"
                    + " blockTokens=16, headDim=64, dtype=F32]"));
  }

  @Test
  void refusesAnotherModelAndNamesBoth() {
    ModelFingerprint other = new ModelFingerprint("f".repeat(32));
    KvPlane reader = start(config(READER, other, TestBlocks.LAYOUT), "reader.kv");

    assertThat(connect(reader, HOLDER, 1))
        .isEqualTo(
            new ConnectOutcome.Refused(
                "holder prefill-0 serves model 0123456789abcdef0123456789abcdef,"
                    + " reader decode-1 model ffffffffffffffffffffffffffffffff: other weights,"
                    + " or other weight or KV types"));
  }

  @Test
  void refusesAnotherKvTypeByItsLayoutAlthoughTheModelDiffersToo() {
    KvLayout mine = TestBlocks.LAYOUT;
    KvLayout other =
        new KvLayout(
            mine.kvHeads(), mine.layers(), mine.blockTokens(), mine.headDim(), KvDtype.E4M3);
    KvPlane reader =
        start(config(READER, new ModelFingerprint("f".repeat(32)), other), "reader.kv");

    assertThat(connect(reader, HOLDER, 1))
        .isInstanceOfSatisfying(
            ConnectOutcome.Refused.class,
            refused ->
                assertThat(refused.reason())
                    .startsWith("holder prefill-0 has KV layout ")
                    .contains("dtype=BF16], reader decode-1 has", "dtype=E4M3]"));
  }

  @Test
  void refusesWhoeverLooksForAnotherWorker() {
    KvPlane reader = start(config(READER, TestBlocks.MODEL, TestBlocks.LAYOUT), "reader.kv");

    assertThat(connect(reader, new WorkerId("prefill-7"), 1))
        .isEqualTo(new ConnectOutcome.Refused("this is worker prefill-0, not prefill-7"));
  }

  @Test
  void refusesEverybodyBeforeItsFirstEpoch() {
    KvPlane fresh = start(config(HOLDER, TestBlocks.MODEL, TestBlocks.LAYOUT), "fresh.kv");
    KvPlane reader = start(config(READER, TestBlocks.MODEL, TestBlocks.LAYOUT), "reader.kv");

    assertThat(connect(reader, fresh.port(), HOLDER, 1))
        .isEqualTo(
            new PeerFailure.StaleEpoch(
                new Epoch(1), "meant for epoch 1 of prefill-0, which has none"));
  }

  @Test
  void refusesEverybodyOnceItIsFenced() {
    KvPlane reader = start(config(READER, TestBlocks.MODEL, TestBlocks.LAYOUT), "reader.kv");
    assertThat(connect(reader, HOLDER, 1)).isInstanceOf(ConnectOutcome.Connected.class);

    holder.fence();

    KvPlane other = start(config(READER, TestBlocks.MODEL, TestBlocks.LAYOUT), "other.kv");
    assertThat(connect(other, HOLDER, 1)).isInstanceOf(PeerFailure.StaleEpoch.class);
    holder.enterEpoch(new Epoch(5));
    assertThat(connect(other, HOLDER, 5)).isInstanceOf(ConnectOutcome.Connected.class);
  }

  @Test
  void readsOverTcpWhereThePathOfThePoolLeadsElsewhere() throws IOException {
    Path pool = folder.resolve("0holder.kv");
    byte[] bytes = Files.readAllBytes(pool);
    // As in another container: the same path, a file of the same size, but not the same file.
    Files.delete(pool);
    bytes[bytes.length - 4096 + 8] ^= 1;
    Files.write(pool, bytes);
    KvPlane reader = start(config(READER, TestBlocks.MODEL, TestBlocks.LAYOUT), "reader.kv");

    ConnectOutcome outcome = connect(reader, HOLDER, 1);

    assertThat(outcome).isInstanceOf(ConnectOutcome.Connected.class);
    var path = ((ConnectOutcome.Connected) outcome).peer().path();
    assertThat(path.kind()).isEqualTo(TransportKind.TCP);
    assertThat(path.passedOver())
        .containsExactly(
            "CUDA_IPC: switched off",
            "SHARED_MEMORY: " + pool + " is another file here than at the holder",
            "UCX: switched off");
  }

  @Test
  void saysWhereNobodyListens() throws IOException {
    KvPlane reader = start(config(READER, TestBlocks.MODEL, TestBlocks.LAYOUT), "reader.kv");
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }

    assertThat(connect(reader, port, HOLDER, 1)).isInstanceOf(PeerFailure.PeerLost.class);
  }

  @Test
  void givesUpOnAListenerThatSaysNothing() throws IOException {
    KvPlane reader = start(config(READER, TestBlocks.MODEL, TestBlocks.LAYOUT), "reader.kv");
    try (ServerSocket silent = new ServerSocket(0)) {
      LaneRef ref = new LaneRef(HOLDER, new Lane(0), new Epoch(1));
      KvEndpoint endpoint = new KvEndpoint("127.0.0.1", silent.getLocalPort());

      assertThat(get(reader, ref, endpoint, Duration.ofMillis(300)))
          .isInstanceOf(PeerFailure.DeadlineExceeded.class);
    }
  }

  @Test
  void hostileBytesCloseTheirConnectionAndNothingElse() throws IOException {
    SplittableRandom random = new SplittableRandom(7);
    for (int round = 0; round < 200; round++) {
      byte[] junk = new byte[random.nextInt(24, 400)];
      random.nextBytes(junk);
      assertClosed(junk);
    }
    assertClosed(frame(new Message.Renew(1)));
    assertClosed(
        "GET / HTTP/1.1\r\nHost: here\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    byte[] endless = frame(new Message.Renew(1));
    ByteBuffer.wrap(endless).putInt(8, Integer.MAX_VALUE);
    assertClosed(endless);
    byte[] data = new byte[FrameHeader.BYTES];
    new FrameHeader(FrameHeader.DATA, Integer.MAX_VALUE, 0, 1).put(ByteBuffer.wrap(data));
    assertClosed(data);

    connectsEqualWorkers();
  }

  @Test
  void aConnectionThatNeverSaysWhoItIsEnds() throws IOException {
    try (Socket silent = new Socket("127.0.0.1", holder.port())) {
      silent.setSoTimeout(10_000);
      assertThat(silent.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void turnsAwayMoreConnectionsThanItTakesAndRecovers() throws IOException {
    List<Socket> many = new ArrayList<>();
    try {
      for (int i = 0; i < 64; i++) {
        many.add(new Socket("127.0.0.1", holder.port()));
      }
      Socket last = many.getLast();
      last.setSoTimeout(10_000);
      assertThat(last.getInputStream().read()).isEqualTo(-1);
    } finally {
      for (Socket socket : many) {
        socket.close();
      }
    }
    await()
        .atMost(Duration.ofSeconds(10))
        .ignoreExceptions()
        .untilAsserted(this::connectsEqualWorkers);
  }

  private void assertClosed(byte[] bytes) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", holder.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(bytes);
      InputStream in = socket.getInputStream();
      try {
        assertThat(in.read()).isEqualTo(-1);
      } catch (java.net.SocketException _) {
        // Reset instead of closed: there were bytes left that nobody read.
      }
    }
  }

  private static byte[] frame(Message message) {
    ByteBuffer frame = MessageCodec.frame(message, 0, 1);
    byte[] bytes = new byte[frame.remaining()];
    frame.get(bytes);
    return bytes;
  }

  private static KvPlaneConfig config(WorkerId worker, ModelFingerprint model, KvLayout layout) {
    return KvPlaneConfig.builder(worker, model, layout)
        .transports(Set.of(TransportKind.SHARED_MEMORY, TransportKind.TCP))
        .handshakeTimeout(Duration.ofMillis(1000))
        .maxConnections(32)
        .build();
  }

  private KvPlane start(KvPlaneConfig config, String file) {
    try {
      HostKvPool pool =
          HostKvPool.create(
              folder.resolve(planes.size() + file),
              config.layout().blockBytes(),
              4,
              Arena.ofAuto());
      KvPlane plane =
          WorkerKvPlane.start(
              config,
              pool,
              new LeaseBook(Clock.systemUTC(), (lease, request, blocks, why) -> {}),
              (_, _, _, _) ->
                  CompletableFuture.completedStage(new BlockRefs(new int[0], new int[0])));
      planes.add(plane);
      return plane;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private ConnectOutcome connect(KvPlane reader, WorkerId wanted, long epoch) {
    return connect(reader, holder.port(), wanted, epoch);
  }

  private static ConnectOutcome connect(KvPlane reader, int port, WorkerId wanted, long epoch) {
    LaneRef ref = new LaneRef(wanted, new Lane(0), new Epoch(epoch));
    return get(reader, ref, new KvEndpoint("127.0.0.1", port), Duration.ofSeconds(10));
  }

  private static ConnectOutcome get(
      KvPlane reader, LaneRef ref, KvEndpoint endpoint, Duration time) {
    try {
      return reader
          .connect(ref, endpoint, Deadline.after(time))
          .toCompletableFuture()
          .get(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("no outcome", e);
    }
  }
}
