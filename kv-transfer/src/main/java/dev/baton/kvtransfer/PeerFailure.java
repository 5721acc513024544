package dev.baton.kvtransfer;

import dev.baton.contracts.Epoch;

/** Why an exchange with a peer did not come about. Expected, so a value and not an exception. */
public sealed interface PeerFailure
    extends ConnectOutcome, AcquireOutcome, LeaseOutcome, TransferOutcome {

  /** The peer died, cannot be reached, or broke the protocol. */
  record PeerLost(String reason, Quarantine quarantine) implements PeerFailure {
    public PeerLost(String reason) {
      this(reason, Quarantine.none());
    }
  }

  /** The deadline passed; {@code waitingFor} says what was outstanding. */
  record DeadlineExceeded(String waitingFor, Quarantine quarantine) implements PeerFailure {
    public DeadlineExceeded(String waitingFor) {
      this(waitingFor, Quarantine.none());
    }
  }

  /** The holder does not live in the epoch that the message was meant for. */
  record StaleEpoch(Epoch meant, String reason) implements PeerFailure {}

  /** One side lives but would not: too much at once, closing, or something failed inside it. */
  record Declined(String reason) implements PeerFailure {}
}
