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
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Blocks between two processes of which at least one has its pool on a device. */
final class DeviceTransferIT extends TwoProcesses {
  private static final String SIDES =
      """
      true,  true
      true,  false
      false, true
      """;

  @ParameterizedTest
  @CsvSource(textBlock = SIDES)
  void tcpMovesBlocksToAndFromDevices(boolean ofHolder, boolean ofReader) {
    onDevice(ofHolder, ofReader);
    Peer peer = connect(TransportKind.TCP);
    int[] blocks = IntStream.range(0, 100).map(i -> (i * 37) % HELD).toArray();
    long lease = holder.lease(LONG, blocks);

    TransferOutcome outcome = transfer(peer, lease, blocks, LONG);

    assertThat(outcome).isInstanceOf(TransferOutcome.Completed.class);
    for (int i = 0; i < blocks.length; i++) {
      assertThat(local(i)).isEqualTo(TestBlocks.bytes(blocks[i]));
    }
    if (ofReader) {
      assertThat(device.pinned()).as("a block of pinned memory for each stripe").isBetween(1, 2);
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = SIDES)
  void tcpNamesBlocksThatWereCorruptedAtTheHolderAndInFlight(boolean ofHolder, boolean ofReader) {
    onDevice(ofHolder, ofReader);
    turnAByteOf(8);
    Peer peer = connect(TransportKind.TCP);
    int[] blocks = {3, 4, 5, 7, 8, 9};
    long lease = holder.lease(LONG, blocks);
    holder.ask("corrupt 4");

    TransferOutcome outcome = transfer(peer, lease, blocks, LONG);

    assertThat(outcome).isInstanceOf(TransferOutcome.Corrupted.class);
    assertThat(((TransferOutcome.Corrupted) outcome).indices()).containsExactly(1, 4);
    assertThat(local(5)).isEqualTo(TestBlocks.bytes(9));
  }

  @ParameterizedTest
  @CsvSource(textBlock = SIDES)
  void tcpNoticesAKilledHolderInTheMiddle(boolean ofHolder, boolean ofReader) {
    onDevice(ofHolder, ofReader);
    Peer peer = connect(TransportKind.TCP);
    long lease = holder.lease(LONG, IntStream.range(0, HELD).toArray());
    onFifthBlock(holder::kill);

    assertThat(transferAll(peer, lease, LONG)).isInstanceOf(PeerFailure.PeerLost.class);
  }

  @ParameterizedTest
  @CsvSource(textBlock = SIDES)
  void tcpGivesUpOnAStoppedHolderAtTheDeadline(boolean ofHolder, boolean ofReader) {
    onDevice(ofHolder, ofReader);
    Peer peer = connect(TransportKind.TCP);
    long lease = holder.lease(LONG, IntStream.range(0, HELD).toArray());
    onFifthBlock(holder::stop);

    TransferOutcome outcome = transferAll(peer, lease, Duration.ofMillis(800));

    assertThat(outcome).isInstanceOf(PeerFailure.DeadlineExceeded.class);
    interceptor.set(TransferInterceptor.NONE);
    pool.memory().fill((byte) 0x5a);
    holder.resume();
    assertThat(transfer(connected(TransportKind.TCP), lease, new int[] {1}, LONG))
        .isInstanceOf(TransferOutcome.Completed.class);
    assertThat(local(0)).isEqualTo(TestBlocks.bytes(1));
    assertThat(local(1)).containsOnly(0x5a);
  }

  @Test
  void picksCudaIpcBetweenDevicesOfOneHost() {
    onDevice(true, true);
    startPlane(TransportKind.values());

    assertThat(connected(TransportKind.CUDA_IPC).path().passedOver()).isEmpty();
  }

  @Test
  void readsFromAHostPoolToADeviceOverTcpAndSaysWhy() {
    onDevice(false, true);
    startPlane(TransportKind.values());

    assertThat(connected(TransportKind.TCP).path().passedOver())
        .containsExactly(
            "CUDA_IPC: not offered by holder",
            "SHARED_MEMORY: the pool is in device memory",
            "UCX: the pool is in device memory");
  }

  @Test
  void readsFromADeviceToAHostPoolOverTcpAndSaysWhy() {
    onDevice(true, false);
    startPlane(TransportKind.values());

    assertThat(connected(TransportKind.TCP).path().passedOver())
        .containsExactly(
            "CUDA_IPC: the pool is in host memory",
            "SHARED_MEMORY: not offered by holder",
            "UCX: not offered by holder");
  }

  @Test
  void cudaIpcReadsOnWhileTheHolderStandsStill() {
    Peer peer = connect(TransportKind.CUDA_IPC);
    long lease = holder.lease(LONG, 1, 2, 3);
    holder.stop();

    assertThat(transfer(peer, lease, new int[] {1, 2, 3}, LONG))
        .isInstanceOf(TransferOutcome.Completed.class);
    assertThat(device.pinned()).as("nothing passed through the host").isZero();
    holder.resume();
  }

  @Test
  void cudaIpcGivesUpAtTheDeadlineBetweenTwoChunks() {
    Peer peer = connect(TransportKind.CUDA_IPC);
    long lease = holder.lease(LONG, IntStream.range(0, HELD).toArray());
    AtomicInteger pulls = new AtomicInteger();
    Deadline deadline = Deadline.after(Duration.ofMillis(500));
    device.beforePull(() -> {
      pulls.incrementAndGet();
      while (!deadline.expired()) {
        Thread.onSpinWait();
      }
    });

    assertThat(get(peer.transfer(twoChunks(lease, deadline))))
        .isInstanceOf(PeerFailure.DeadlineExceeded.class);
    assertThat(pulls).hasValue(1);
  }

  @Test
  void cudaIpcNoticesAKilledHolderBetweenTwoChunksAndUnmapsItsPool() {
    Peer peer = connect(TransportKind.CUDA_IPC);
    assertThat(device.mappings()).isEqualTo(1);
    long lease = holder.lease(LONG, IntStream.range(0, HELD).toArray());
    device.beforePull(() -> {
      holder.kill();
      await().atMost(Duration.ofSeconds(5)).until(() -> !peer.alive());
      assertThat(device.mappings()).as("mapped while it is copied from").isEqualTo(1);
    });

    assertThat(get(peer.transfer(twoChunks(lease, Deadline.after(LONG)))))
        .isInstanceOf(PeerFailure.PeerLost.class);
    await().atMost(Duration.ofSeconds(5)).until(() -> device.mappings() == 0);
  }

  @Test
  void aDeviceThatFailsEndsTheTransferAndNotThePlane() {
    Peer peer = connect(TransportKind.CUDA_IPC);
    long lease = holder.lease(LONG, 1, 2);
    device.beforePull(() -> {
      throw new IllegalStateException("the device fell off the bus");
    });

    assertThat(transfer(peer, lease, new int[] {1, 2}, LONG))
        .isInstanceOfSatisfying(
            PeerFailure.Declined.class,
            declined -> assertThat(declined.reason()).contains("fell off the bus"));
    device.beforePull(() -> {});
    assertThat(transfer(peer, lease, new int[] {1, 2}, LONG))
        .isInstanceOf(TransferOutcome.Completed.class);
  }

  /** More blocks than are copied at once: all that the holder has, and some of them twice. */
  private static TransferRequest twoChunks(long lease, Deadline deadline) {
    int[] remote = IntStream.range(0, LOCAL).map(i -> i % HELD).toArray();
    int[] local = IntStream.range(0, LOCAL).toArray();
    BlockRefs refs = new BlockRefs(remote, new int[LOCAL]);
    assertThat(LOCAL * TestBlocks.LAYOUT.blockBytes()).isGreaterThan(32 << 20);
    return TransferRequest.of(lease, refs, 0, local, deadline);
  }

  private void turnAByteOf(int remoteBlock) {
    interceptor.set((peer, move, block) -> {
      if (move.remoteBlock() == remoteBlock) {
        block.set(ValueLayout.JAVA_BYTE, 17, (byte) ~block.get(ValueLayout.JAVA_BYTE, 17));
      }
    });
  }
}
