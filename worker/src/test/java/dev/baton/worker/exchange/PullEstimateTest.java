package dev.baton.worker.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.baton.contracts.LinkRate;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import org.junit.jupiter.api.Test;

class PullEstimateTest {
  private static final long BLOCK = 1 << 21;
  private static final WorkerId PEER = new WorkerId("peer");
  private double rate;
  private final TransferRates rates = new TransferRates();
  private final PullEstimate estimate =
      new PullEstimate(BLOCK, 16, PullEstimate.PEER_OVERHEAD, rates, () -> rate);

  private void transfers(WorkerId peer, double bytesPerSecond) {
    for (int i = 0; i < 50; i++) {
      estimate.transferEnded(
          peer,
          TransportKind.TCP,
          10,
          10 * BLOCK,
          (long) (10 * BLOCK / bytesPerSecond * 1e9),
          new TransferOutcome.Completed(10 * BLOCK, 1, TransportKind.TCP));
    }
  }

  @Test
  void pullsWhileNothingIsMeasuredButNeverNothing() {
    assertThat(estimate.saved(PEER, 1)).isPositive();
    assertThat(estimate.saved(PEER, 2)).isGreaterThan(estimate.saved(PEER, 1));
    assertThat(estimate.saved(PEER, 0)).isZero();
    assertThat(estimate.saved(PEER, -3)).isZero();
  }

  @Test
  void computesWhereTheEngineIsFasterThanTheLink() {
    rate = 20_000;
    transfers(PEER, 1e10);
    assertThat(estimate.saved(PEER, 100)).isPositive();
    transfers(PEER, 1e8);
    assertThat(estimate.saved(PEER, 100)).isNegative();
  }

  @Test
  void aShortPrefixIsNotWorthTheHandshake() {
    rate = 20_000;
    transfers(PEER, 1e10);
    assertThat(estimate.saved(PEER, 1)).isNegative();
  }

  @Test
  void everyPeerHasItsOwnRateAndAStrangerThatOfAll() {
    rate = 20_000;
    WorkerId far = new WorkerId("far");
    transfers(PEER, 1e10);
    transfers(far, 1e9);

    assertThat(estimate.saved(PEER, 100)).isPositive();
    assertThat(estimate.saved(far, 100)).isNegative();
    assertThat(estimate.saved(new WorkerId("stranger"), 100)).isNegative();
    assertThat(rates.links())
        .extracting(LinkRate::peer, LinkRate::transport)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(far, "tcp"),
            org.assertj.core.groups.Tuple.tuple(PEER, "tcp"));
    assertThat(rates.links().getFirst().bytesPerSecond()).isCloseTo(1e9, within(1e6));
  }

  @Test
  void onlyThePeersOfLateAreTold() {
    for (int i = 0; i < 200; i++) {
      transfers(new WorkerId("peer-" + i), 1e9);
    }
    assertThat(rates.links()).hasSize(64).extracting(l -> l.peer().value()).contains("peer-199");
  }

  @Test
  void smallAndFailedTransfersTeachNothing() {
    double before = estimate.bytesPerSecond();
    estimate.transferEnded(
        PEER,
        TransportKind.TCP,
        1,
        1000,
        1_000_000_000,
        new TransferOutcome.Completed(1000, 1, TransportKind.TCP));
    estimate.transferEnded(
        PEER,
        TransportKind.TCP,
        10,
        10 * BLOCK,
        1_000_000_000_000L,
        new PeerFailure.PeerLost("gone"));
    assertThat(estimate.bytesPerSecond()).isEqualTo(before);
    assertThat(rates.links()).isEmpty();
  }
}
