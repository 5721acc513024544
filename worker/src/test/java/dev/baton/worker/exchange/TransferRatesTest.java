package dev.baton.worker.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.worker.exchange.TransferRates.Link;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class TransferRatesTest {
  private static final WorkerId PEER = new WorkerId("peer");
  private static final Link SHARED = new Link(PEER, TransportKind.SHARED_MEMORY);
  private static final Link TCP = new Link(PEER, TransportKind.TCP);
  private static final long BYTES = 10_000_000;

  private final TransferRates rates = new TransferRates();

  private void transfer(Link link, double bytesPerSecond) {
    long nanos = (long) (BYTES / bytesPerSecond * 1e9);
    ended(link, BYTES, nanos, new TransferOutcome.Completed(BYTES, nanos, link.transport()));
  }

  private void ended(Link link, long bytes, long nanos, TransferOutcome outcome) {
    rates.transferEnded(link.peer(), link.transport(), 1, bytes, nanos, outcome);
  }

  @Test
  void startsWithTheFirstTransferAndFollowsTheLaterOnes() {
    transfer(TCP, 1e9);
    assertThat(rates.of(TCP)).hasValueCloseTo(1e9, Offset.offset(1e6));
    transfer(TCP, 2e9);
    assertThat(rates.of(TCP)).hasValueCloseTo(1.2e9, Offset.offset(1e6));
    for (int i = 0; i < 50; i++) {
      transfer(TCP, 2e9);
    }
    assertThat(rates.of(TCP)).hasValueCloseTo(2e9, Offset.offset(1e6));
  }

  @Test
  void keepsPeersAndTransportsApart() {
    Link other = new Link(new WorkerId("other"), TransportKind.TCP);
    transfer(TCP, 1e9);
    transfer(TCP, 1e9);
    transfer(SHARED, 5e9);
    transfer(other, 3e9);

    assertThat(rates.of(TCP)).hasValueCloseTo(1e9, Offset.offset(1e6));
    assertThat(rates.of(SHARED)).hasValueCloseTo(5e9, Offset.offset(1e6));
    assertThat(rates.of(other)).hasValueCloseTo(3e9, Offset.offset(1e6));
  }

  @Test
  void smallAndFailedTransfersTellNothing() {
    ended(TCP, 1000, 1_000_000, new TransferOutcome.Completed(1000, 1_000_000, TCP.transport()));
    ended(TCP, BYTES, 1_000_000, new PeerFailure.PeerLost("gone"));

    assertThat(rates.of(TCP)).isEmpty();
  }
}
