package dev.baton.kvtransfer.plane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.kvtransfer.AcquireOutcome;
import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.LeaseOutcome;
import dev.baton.kvtransfer.Peer;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Leases and epochs between two processes. */
final class LeaseIT extends TwoProcesses {
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
}
