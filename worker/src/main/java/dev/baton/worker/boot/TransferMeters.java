package dev.baton.worker.boot;

import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.LeaseOutcome;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.worker.exchange.TransferRates;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Time and bytes of transfers by transport and outcome, and the rate of each link. */
record TransferMeters(MeterRegistry meters, TransferRates rates) implements TransferObserver {
  @Override
  public void transferEnded(
      WorkerId peer,
      TransportKind transport,
      int blocks,
      long bytes,
      long nanos,
      TransferOutcome outcome) {
    String kind = transport.name().toLowerCase(Locale.ROOT);
    meters
        .timer("baton.kv.transfer", "transport", kind, "outcome", name(outcome))
        .record(nanos, TimeUnit.NANOSECONDS);
    switch (outcome) {
      case TransferOutcome.Completed completed -> {
        meters.counter("baton.kv.transfer.bytes", "transport", kind).increment(completed.bytes());
        gauge(new TransferRates.Link(peer, transport), kind);
      }
      case TransferOutcome.Corrupted corrupted ->
          meters.counter("baton.kv.digest.mismatches").increment(corrupted.indices().size());
      case LeaseOutcome.LeaseExpired _, PeerFailure _ -> {}
    }
  }

  /** Once a link has a rate; registering it again changes nothing. */
  private void gauge(TransferRates.Link link, String kind) {
    if (rates.of(link).isPresent()) {
      Gauge.builder("baton.kv.link.rate", rates, known -> known.of(link).orElse(Double.NaN))
          .tags("peer", link.peer().value(), "transport", kind)
          .baseUnit("bytes_per_second")
          .register(meters);
    }
  }

  private static String name(TransferOutcome outcome) {
    return switch (outcome) {
      case TransferOutcome.Completed _ -> "completed";
      case TransferOutcome.Corrupted _ -> "corrupted";
      case LeaseOutcome.LeaseExpired _ -> "lease_expired";
      case PeerFailure.PeerLost _ -> "peer_lost";
      case PeerFailure.DeadlineExceeded _ -> "deadline_exceeded";
      case PeerFailure.StaleEpoch _ -> "stale_epoch";
      case PeerFailure.Declined _ -> "declined";
    };
  }
}
