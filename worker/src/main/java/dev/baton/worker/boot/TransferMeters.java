package dev.baton.worker.boot;

import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.LeaseOutcome;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Time and bytes of transfers by transport and outcome. */
record TransferMeters(MeterRegistry meters) implements TransferObserver {
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
      case TransferOutcome.Completed completed ->
          meters.counter("baton.kv.transfer.bytes", "transport", kind).increment(completed.bytes());
      case TransferOutcome.Corrupted corrupted ->
          meters.counter("baton.kv.digest.mismatches").increment(corrupted.indices().size());
      case LeaseOutcome.LeaseExpired _, PeerFailure _ -> {}
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
