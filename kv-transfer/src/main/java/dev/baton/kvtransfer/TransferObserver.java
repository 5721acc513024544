package dev.baton.kvtransfer;

import dev.baton.contracts.WorkerId;

/** Hears of every transfer that ends. Metrics hang here. */
@FunctionalInterface
public interface TransferObserver {
  TransferObserver NONE = (peer, transport, blocks, bytes, nanos, outcome) -> {};

  /**
   * Called on threads of the plane; must be quick.
   *
   * @param blocks how many were asked for
   * @param bytes how many that is
   * @param nanos from the request to its outcome
   */
  void transferEnded(
      WorkerId peer,
      TransportKind transport,
      int blocks,
      long bytes,
      long nanos,
      TransferOutcome outcome);
}
