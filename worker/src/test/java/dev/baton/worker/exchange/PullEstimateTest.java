package dev.baton.worker.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import org.junit.jupiter.api.Test;

class PullEstimateTest {
  private static final long BLOCK = 1 << 21;
  private double rate;
  private final PullEstimate estimate =
      new PullEstimate(BLOCK, 16, PullEstimate.PEER_OVERHEAD, () -> rate);

  private void transfers(double bytesPerSecond) {
    for (int i = 0; i < 50; i++) {
      estimate.transferEnded(
          new WorkerId("peer"),
          TransportKind.TCP,
          10,
          10 * BLOCK,
          (long) (10 * BLOCK / bytesPerSecond * 1e9),
          new TransferOutcome.Completed(10 * BLOCK, 1, TransportKind.TCP));
    }
  }

  @Test
  void pullsWhileNothingIsMeasuredButNeverNothing() {
    assertThat(estimate.pays(1)).isTrue();
    assertThat(estimate.pays(0)).isFalse();
    assertThat(estimate.pays(-3)).isFalse();
  }

  @Test
  void computesWhereTheEngineIsFasterThanTheLink() {
    rate = 20_000;
    transfers(1e10);
    assertThat(estimate.pays(100)).isTrue();
    transfers(1e8);
    assertThat(estimate.pays(100)).isFalse();
  }

  @Test
  void aShortPrefixIsNotWorthTheHandshake() {
    rate = 20_000;
    transfers(1e10);
    assertThat(estimate.pays(1)).isFalse();
  }

  @Test
  void smallAndFailedTransfersTeachNothing() {
    double before = estimate.bytesPerSecond();
    estimate.transferEnded(
        new WorkerId("peer"),
        TransportKind.TCP,
        1,
        1000,
        1_000_000_000,
        new TransferOutcome.Completed(1000, 1, TransportKind.TCP));
    estimate.transferEnded(
        new WorkerId("peer"),
        TransportKind.TCP,
        10,
        10 * BLOCK,
        1_000_000_000_000L,
        new PeerFailure.PeerLost("gone"));
    assertThat(estimate.bytesPerSecond()).isEqualTo(before);
  }
}
