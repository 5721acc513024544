package dev.baton.kvtransfer;

import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.RequestId;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * Another worker in one of its epochs, seen as a holder of blocks. Safe for use by all threads; no
 * method blocks. Stages complete on threads of the plane, which must not be kept waiting.
 */
public interface Peer {
  LaneRef holder();

  /** How blocks travel from this peer. */
  TransportPath path();

  /** False once the peer is known to be gone; then ask the plane for it again. */
  boolean alive();

  /** Leases the longest prefix of {@code hashes} that the peer holds. */
  default CompletionStage<AcquireOutcome> acquire(
      RequestId request, BlockHashes hashes, Deadline deadline) {
    return acquire(request, hashes, 0, Duration.ZERO, deadline);
  }

  /**
   * The same once the peer holds more than {@code beyond} blocks of it, or after {@code wait} with
   * what it holds then; a peer waits no longer than its leases last.
   */
  CompletionStage<AcquireOutcome> acquire(
      RequestId request, BlockHashes hashes, int beyond, Duration wait, Deadline deadline);

  /** Fetches blocks and verifies their digests. Never retries; that is the caller's decision. */
  CompletionStage<TransferOutcome> transfer(TransferRequest request);

  /** Prolongs a lease by its time to live. */
  CompletionStage<LeaseOutcome> renew(long leaseId, Deadline deadline);

  /** Ends a lease. */
  CompletionStage<LeaseOutcome> release(long leaseId, Deadline deadline);
}
