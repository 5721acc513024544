package dev.baton.kvtransfer;

import java.time.Duration;

/** What came of {@link Peer#renew} and {@link Peer#release}. */
public sealed interface LeaseOutcome
    permits LeaseOutcome.Renewed, LeaseOutcome.Released, LeaseOutcome.LeaseExpired, PeerFailure {
  /** The lease lives for {@code ttl} from when the holder answered. */
  record Renewed(Duration ttl) implements LeaseOutcome {}

  /** The lease is gone, by this release or before it. */
  record Released() implements LeaseOutcome {}

  /** There is no such lease any more. */
  record LeaseExpired(long leaseId) implements LeaseOutcome, TransferOutcome {}
}
