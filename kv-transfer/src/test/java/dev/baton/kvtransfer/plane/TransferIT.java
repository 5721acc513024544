package dev.baton.kvtransfer.plane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.BlockRefs;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.Peer;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferInterceptor;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransferRequest;
import dev.baton.kvtransfer.TransportKind;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Blocks between two processes, over every transport. */
final class TransferIT extends TwoProcesses {
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
      if (transport == TransportKind.SHARED_MEMORY || transport == TransportKind.CUDA_IPC) {
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
  @EnumSource(
      value = TransportKind.class,
      names = {"SHARED_MEMORY", "CUDA_IPC"},
      mode = EnumSource.Mode.EXCLUDE)
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
  @EnumSource(
      value = TransportKind.class,
      names = {"UCX", "CUDA_IPC"},
      mode = EnumSource.Mode.EXCLUDE)
  void refusesReadsOfAnOlderEpoch(TransportKind transport) {
    Peer peer = connect(transport);
    long lease = holder.lease(LONG, 1, 2, 3);
    holder.ask("epoch 2");

    assertThat(transfer(peer, lease, new int[] {1, 2, 3}, LONG))
        .isInstanceOf(PeerFailure.StaleEpoch.class);
    assertThat(holder.leases()).isZero();
  }

  @Test
  void picksSharedMemoryOnOneHostAndConnectsOnce() {
    startPlane(TransportKind.values());
    Peer first = connected(TransportKind.SHARED_MEMORY);
    Peer second = connected(TransportKind.SHARED_MEMORY);

    assertThat(first).isSameAs(second);
    assertThat(first.path().passedOver()).containsExactly("CUDA_IPC: the pool is in host memory");
  }
}
