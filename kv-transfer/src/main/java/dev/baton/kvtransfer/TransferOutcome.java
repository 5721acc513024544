package dev.baton.kvtransfer;

import java.util.List;

/**
 * What came of {@link Peer#transfer}. Anything but {@link Completed} leaves the contents of the
 * local blocks undefined. Once an outcome is there nothing writes into the local blocks any more,
 * except into those that its {@link Quarantine} names.
 */
public sealed interface TransferOutcome
    permits TransferOutcome.Completed,
        TransferOutcome.Corrupted,
        LeaseOutcome.LeaseExpired,
        PeerFailure {
  /** Every block arrived and has the expected digest. */
  record Completed(long bytes, long nanos, TransportKind transport) implements TransferOutcome {}

  /**
   * All blocks were copied, some with another digest than expected: damaged on the way or replaced
   * in the holder's pool meanwhile.
   *
   * @param indices positions in the request's moves; the other blocks arrived well
   */
  record Corrupted(List<Integer> indices, long bytes, long nanos, TransportKind transport)
      implements TransferOutcome {
    public Corrupted {
      indices = List.copyOf(indices);
    }
  }
}
