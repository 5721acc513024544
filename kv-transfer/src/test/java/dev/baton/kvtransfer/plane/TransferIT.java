package dev.baton.kvtransfer.plane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.AcquireOutcome;
import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPlane;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.LeaseOutcome;
import dev.baton.kvtransfer.Peer;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferInterceptor;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransferRequest;
import dev.baton.kvtransfer.TransportCapability;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.lease.LeaseBook;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Blocks between two processes, over every transport. */
final class TransferIT {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration TTL = Duration.ofSeconds(2);
  private static final int HELD = 512;
  private static final int LOCAL = 512;

  @TempDir Path folder;
  private final AtomicReference<TransferInterceptor> interceptor =
      new AtomicReference<>(TransferInterceptor.NONE);
  private final List<String> observed = new CopyOnWriteArrayList<>();
  private final Arena arena = Arena.ofShared();
  private HolderProcess holder;
  private HostKvPool pool;
  private KvPlane plane;

  @BeforeEach
  void startHolder() throws IOException {
    holder = HolderProcess.start(folder.resolve("holder.kv"), HELD, TTL);
  }

  @AfterEach
  void stopAll() {
    if (plane != null) {
      plane.close();
    }
    // Fails if anything still touches the pool.
    arena.close();
    holder.close();
  }

  @ParameterizedTest
  @EnumSource(TransportKind.class)
  void movesBlocksAndVerifiesThem(TransportKind transport) {
    Peer peer = connect(transport);
    int[] blocks = IntStream.range(0, 100).map(i -> (i * 37) % HELD).toArray();
    long lease = holder.lease(LONG, blocks);

    TransferOutcome outcome = transfer(peer, lease, blocks, LONG);

    assertThat(outcome).isInstanceOf(TransferOutcome.Completed.class);
    var completed = (TransferOutcome.Completed) outcome;
    assertThat(completed.bytes()).isEqualTo(100 * TestBlocks.LAYOUT.blockBytes());
    assertThat(completed.transport()).isEqualTo(transport);
    assertThat(peer.path().kind()).isEqualTo(transport);
    for (int i = 0; i < blocks.length; i++) {
      assertThat(local(i)).isEqualTo(TestBlocks.bytes(blocks[i]));
    }
  }

  @ParameterizedTest
  @EnumSource(TransportKind.class)
  void runsManyTransfersAtATime(TransportKind transport) {
    Peer peer = connect(transport);
    long lease = holder.lease(LONG, IntStream.range(0, HELD).toArray());
    var transfers =
        IntStream.range(0, 32)
            .mapToObj(t -> {
              int[] remote = IntStream.range(t * 16, t * 16 + 16).toArray();
              return peer.transfer(
                  TransferRequest.of(
                      lease, TestBlocks.refs(remote), 0, remote, Deadline.after(LONG)));
            })
            .toList();

    assertThat(transfers)
        .allSatisfy(t -> assertThat(get(t)).isInstanceOf(TransferOutcome.Completed.class));
    for (int i = 0; i < HELD; i++) {
      assertThat(local(i)).isEqualTo(TestBlocks.bytes(i));
    }
  }

  @ParameterizedTest
  @EnumSource(TransportKind.class)
  void namesTheBlocksThatTheHolderCorrupted(TransportKind transport) {
    Peer peer = connect(transport);
    int[] blocks = {3, 4, 5, 6};
    long lease = holder.lease(LONG, blocks);
    holder.ask("corrupt 5");

    TransferOutcome outcome = transfer(peer, lease, blocks, LONG);

    assertThat(outcome).isInstanceOf(TransferOutcome.Corrupted.class);
    assertThat(((TransferOutcome.Corrupted) outcome).indices()).containsExactly(2);
    assertThat(local(3)).isEqualTo(TestBlocks.bytes(6));
  }

  @ParameterizedTest
  @EnumSource(TransportKind.class)
  void noticesABlockThatChangedInFlight(TransportKind transport) {
    interceptor.set((peer, move, block) -> {
      if (move.remoteBlock() == 8) {
        block.set(ValueLayout.JAVA_BYTE, 17, (byte) ~block.get(ValueLayout.JAVA_BYTE, 17));
      }
    });
    Peer peer = connect(transport);
    int[] blocks = {7, 8, 9};
    long lease = holder.lease(LONG, blocks);

    TransferOutcome outcome = transfer(peer, lease, blocks, LONG);

    assertThat(outcome).isInstanceOf(TransferOutcome.Corrupted.class);
    assertThat(((TransferOutcome.Corrupted) outcome).indices()).containsExactly(1);
  }

  @ParameterizedTest
  @EnumSource(TransportKind.class)
  void noticesAKilledHolderInTheMiddle(TransportKind transport) {
    Peer peer = connect(transport);
    long lease = holder.lease(LONG, IntStream.range(0, HELD).toArray());
    onFifthBlock(() -> {
      holder.kill();
      if (transport == TransportKind.SHARED_MEMORY) {
        // A copy needs nobody's help; the reader stops when it knows.
        await().atMost(Duration.ofSeconds(5)).until(() -> !peer.alive());
      }
    });

    long start = System.nanoTime();
    TransferOutcome outcome = transferAll(peer, lease, LONG);

    assertThat(outcome).isInstanceOf(PeerFailure.PeerLost.class);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    assertThat(((PeerFailure.PeerLost) outcome).quarantine().localBlocks()).isEmpty();
    await().atMost(Duration.ofSeconds(5)).until(() -> !peer.alive());
  }

  @ParameterizedTest
  @EnumSource(value = TransportKind.class, names = "SHARED_MEMORY", mode = EnumSource.Mode.EXCLUDE)
  void givesUpOnAStoppedHolderAtTheDeadlineAndWritesNothingAfterIt(TransportKind transport)
      throws IOException {
    Peer peer = connect(transport);
    long lease = holder.lease(LONG, IntStream.range(0, HELD).toArray());
    onFifthBlock(holder::stop);

    long start = System.nanoTime();
    TransferOutcome outcome = transferAll(peer, lease, Duration.ofMillis(1500));
    Duration took = Duration.ofNanos(System.nanoTime() - start);

    assertThat(outcome).isInstanceOf(PeerFailure.DeadlineExceeded.class);
    assertThat(took).isBetween(Duration.ofMillis(1400), Duration.ofSeconds(5));
    assertThat(((PeerFailure.DeadlineExceeded) outcome).quarantine().localBlocks()).isEmpty();

    // The local blocks are ours again: what we write now must stay while the holder comes back.
    interceptor.set(TransferInterceptor.NONE);
    pool.memory().fill((byte) 0x5a);
    if (transport == TransportKind.UCX) {
      // Emulated over TCP, UCX 1.13 aborts the holder that comes back to reads of a closed link.
      holder.kill();
      holder = HolderProcess.start(folder.resolve("next.kv"), HELD, LONG);
      lease = holder.lease(LONG, 1, 2);
    } else {
      holder.resume();
    }
    Peer again = connected(transport);
    assertThat(transfer(again, lease, new int[] {1, 2}, LONG))
        .isInstanceOf(TransferOutcome.Completed.class);
    assertThat(local(0)).isEqualTo(TestBlocks.bytes(1));
    MemorySegment rest = pool.memory().asSlice(2 * pool.blockBytes());
    byte[] marker = new byte[(int) rest.byteSize()];
    java.util.Arrays.fill(marker, (byte) 0x5a);
    assertThat(rest.mismatch(MemorySegment.ofArray(marker))).isEqualTo(-1);
  }

  @ParameterizedTest
  @EnumSource(TransportKind.class)
  void closingThePlaneEndsWhatRuns(TransportKind transport) throws Exception {
    Peer peer = connect(transport);
    long lease = holder.lease(LONG, IntStream.range(0, HELD).toArray());
    CountDownLatch under = new CountDownLatch(1);
    interceptor.set((from, move, block) -> under.countDown());
    int[] all = IntStream.range(0, HELD).toArray();
    BlockRefs refs = TestBlocks.refs(all);
    var running = peer.transfer(TransferRequest.of(lease, refs, 0, all, Deadline.after(LONG)));
    assertThat(under.await(10, TimeUnit.SECONDS)).isTrue();

    plane.close();

    // Whether it won the race or not, it has ended and lets go of the local blocks.
    assertThat(get(running))
        .isInstanceOfAny(
            TransferOutcome.Completed.class,
            PeerFailure.PeerLost.class,
            PeerFailure.Declined.class);
    assertThat(get(peer.transfer(TransferRequest.of(lease, refs, 0, all, Deadline.after(LONG)))))
        .isInstanceOfAny(PeerFailure.PeerLost.class, PeerFailure.Declined.class);
    assertThat(get(plane.connect(holder.inEpoch(1), holder.endpoint(), Deadline.after(LONG))))
        .isInstanceOf(PeerFailure.Declined.class);
  }

  @Test
  void tellsTheObserverOfEveryTransfer() {
    Peer peer = connect(TransportKind.TCP);
    long lease = holder.lease(LONG, 1, 2);

    transfer(peer, lease, new int[] {1, 2}, LONG);
    transfer(peer, lease, new int[] {3}, LONG);

    await().atMost(LONG).until(() -> observed.size() == 2);
    assertThat(observed.get(0)).matches("holder TCP 2 131072 Completed.*");
    assertThat(observed.get(1)).matches("holder TCP 1 65536 Declined.*");
  }

  @Test
  void sharedMemoryReadsOnWhileTheHolderStandsStill() {
    Peer peer = connect(TransportKind.SHARED_MEMORY);
    long lease = holder.lease(LONG, 1, 2, 3);
    holder.stop();

    assertThat(transfer(peer, lease, new int[] {1, 2, 3}, LONG))
        .isInstanceOf(TransferOutcome.Completed.class);
    assertThat(get(peer.renew(lease, Deadline.after(Duration.ofMillis(300)))))
        .isInstanceOf(PeerFailure.DeadlineExceeded.class);
    holder.resume();
  }

  @ParameterizedTest
  @EnumSource(value = TransportKind.class, names = "UCX", mode = EnumSource.Mode.EXCLUDE)
  void refusesReadsOfAnOlderEpoch(TransportKind transport) {
    Peer peer = connect(transport);
    long lease = holder.lease(LONG, 1, 2, 3);
    holder.ask("epoch 2");

    assertThat(transfer(peer, lease, new int[] {1, 2, 3}, LONG))
        .isInstanceOf(PeerFailure.StaleEpoch.class);
    assertThat(holder.leases()).isZero();
  }

  @Test
  void refusesAHandshakeForAnotherEpoch() {
    startPlane(TransportKind.TCP);

    ConnectOutcome outcome =
        get(plane.connect(holder.inEpoch(7), holder.endpoint(), Deadline.after(LONG)));

    assertThat(outcome).isInstanceOf(PeerFailure.StaleEpoch.class);
    assertThat(((PeerFailure.StaleEpoch) outcome).reason())
        .isEqualTo("meant for epoch 7 of holder, which is in epoch 1");
  }

  @Test
  void refusesLeaseMessagesOfAnOlderEpoch() {
    Peer peer = connect(TransportKind.TCP);
    holder.ask("epoch 2");

    assertThat(acquire(peer, 1, 2)).isInstanceOf(PeerFailure.StaleEpoch.class);
    await().atMost(LONG).until(() -> !peer.alive());
  }

  @Test
  void acquiresTheLongestResidentPrefixByHash() {
    Peer peer = connect(TransportKind.TCP);

    AcquireOutcome outcome = acquire(peer, 9, 11, HELD + 1, 12);

    assertThat(outcome).isInstanceOf(AcquireOutcome.Acquired.class);
    var acquired = (AcquireOutcome.Acquired) outcome;
    assertThat(acquired.blocks()).isEqualTo(TestBlocks.refs(9, 11));
    assertThat(acquired.ttl()).isEqualTo(TTL);
    assertThat(holder.leases()).isEqualTo(1);
    assertThat(transfer(peer, acquired.leaseId(), new int[] {9, 11}, LONG))
        .isInstanceOf(TransferOutcome.Completed.class);
  }

  @Test
  void opensNoLeaseWhenNothingIsResident() {
    Peer peer = connect(TransportKind.TCP);

    AcquireOutcome outcome = acquire(peer, HELD + 1);

    assertThat(((AcquireOutcome.Acquired) outcome).blocks().size()).isZero();
    assertThat(holder.leases()).isZero();
  }

  @Test
  void anExpiredLeaseIsFreedAndRefusesReads() {
    Peer peer = connect(TransportKind.TCP);
    var acquired = (AcquireOutcome.Acquired) acquire(peer, 1, 2);

    await().atMost(LONG).until(() -> holder.leases() == 0);

    assertThat(transfer(peer, acquired.leaseId(), new int[] {1, 2}, LONG))
        .isEqualTo(new LeaseOutcome.LeaseExpired(acquired.leaseId()));
    assertThat(get(peer.renew(acquired.leaseId(), Deadline.after(LONG))))
        .isEqualTo(new LeaseOutcome.LeaseExpired(acquired.leaseId()));
  }

  @Test
  void aRenewedLeaseLivesOn() {
    Peer peer = connect(TransportKind.TCP);
    var acquired = (AcquireOutcome.Acquired) acquire(peer, 1, 2);
    long start = System.nanoTime();

    await()
        .pollInterval(Duration.ofMillis(100))
        .atMost(LONG)
        .until(() -> {
          assertThat(get(peer.renew(acquired.leaseId(), Deadline.after(LONG))))
              .isEqualTo(new LeaseOutcome.Renewed(TTL));
          return System.nanoTime() - start > TTL.plusMillis(500).toNanos();
        });

    assertThat(transfer(peer, acquired.leaseId(), new int[] {1, 2}, LONG))
        .isInstanceOf(TransferOutcome.Completed.class);
  }

  @Test
  void aReleasedLeaseIsFreedAtOnce() {
    Peer peer = connect(TransportKind.TCP);
    var acquired = (AcquireOutcome.Acquired) acquire(peer, 1, 2);

    assertThat(get(peer.release(acquired.leaseId(), Deadline.after(LONG))))
        .isEqualTo(new LeaseOutcome.Released());

    assertThat(holder.leases()).isZero();
  }

  @Test
  void refusesBlocksThatTheLeaseDoesNotCover() {
    Peer peer = connect(TransportKind.TCP);
    long lease = holder.lease(LONG, 1, 2);

    TransferOutcome outcome = transfer(peer, lease, new int[] {1, 3}, LONG);

    assertThat(outcome)
        .isEqualTo(new PeerFailure.Declined("lease " + lease + " does not cover block 3"));
    assertThat(peer.alive()).isTrue();
  }

  @Test
  void picksSharedMemoryOnOneHostAndConnectsOnce() {
    startPlane(TransportKind.values());
    Peer first = connected(TransportKind.SHARED_MEMORY);
    Peer second = connected(TransportKind.SHARED_MEMORY);

    assertThat(first).isSameAs(second);
    assertThat(first.path().passedOver()).isEmpty();
  }

  private Peer connect(TransportKind transport) {
    startPlane(transport);
    return connected(transport);
  }

  private void startPlane(TransportKind... transports) {
    try {
      pool =
          HostKvPool.create(
              folder.resolve("reader.kv"), TestBlocks.LAYOUT.blockBytes(), LOCAL, arena);
      KvPlaneConfig config =
          KvPlaneConfig.builder(new WorkerId("reader"), TestBlocks.MODEL, TestBlocks.LAYOUT)
              .transports(Set.of(transports))
              .ucx(Ucx.SETTINGS)
              .observer((peer, kind, blocks, bytes, nanos, outcome) ->
                  observed.add(peer + " " + kind + " " + blocks + " " + bytes + " " + outcome))
              .interceptor((peer, move, block) -> interceptor.get().arrived(peer, move, block))
              .build();
      LeaseBook leases = new LeaseBook(Clock.systemUTC(), (lease, request, blocks, why) -> {});
      plane =
          WorkerKvPlane.start(
              config,
              pool,
              leases,
              (request, hashes) ->
                  CompletableFuture.completedStage(new BlockRefs(new int[0], new int[0])));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    assertThat(plane.capabilities())
        .filteredOn(capability -> Set.of(transports).contains(capability.kind()))
        .as("UCX needs Debian's libucx0 (apt-get install libucx0)")
        .allSatisfy(c -> assertThat(c).isInstanceOf(TransportCapability.Available.class));
  }

  private Peer connected(TransportKind expected) {
    ConnectOutcome outcome =
        get(plane.connect(holder.inEpoch(1), holder.endpoint(), Deadline.after(LONG)));
    assertThat(outcome).isInstanceOf(ConnectOutcome.Connected.class);
    Peer peer = ((ConnectOutcome.Connected) outcome).peer();
    assertThat(peer.path().kind()).isEqualTo(expected);
    return peer;
  }

  private static AcquireOutcome acquire(Peer peer, int... blocks) {
    return get(peer.acquire(new RequestId("r-1"), TestBlocks.hashes(blocks), Deadline.after(LONG)));
  }

  /** Holds up the blocks behind the fifth until {@code action} is done. */
  private void onFifthBlock(Runnable action) {
    int[] arrived = {0};
    interceptor.set((from, move, block) -> {
      synchronized (arrived) {
        if (++arrived[0] == 5) {
          action.run();
        }
      }
    });
  }

  private static TransferOutcome transferAll(Peer peer, long lease, Duration time) {
    return transfer(peer, lease, IntStream.range(0, HELD).toArray(), time);
  }

  /** Into local blocks 0, 1, … */
  private static TransferOutcome transfer(Peer peer, long lease, int[] blocks, Duration time) {
    int[] local = IntStream.range(0, blocks.length).toArray();
    BlockRefs refs = TestBlocks.refs(blocks);
    return get(peer.transfer(TransferRequest.of(lease, refs, 0, local, Deadline.after(time))));
  }

  private byte[] local(int block) {
    return pool.block(block).toArray(ValueLayout.JAVA_BYTE);
  }

  private static <T> T get(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("no outcome within 30 s", e);
    }
  }
}
