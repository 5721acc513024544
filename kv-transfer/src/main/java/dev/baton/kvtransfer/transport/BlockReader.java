package dev.baton.kvtransfer.transport;

import dev.baton.kvtransfer.TransportKind;

/** Fetches blocks of one peer over one transport. */
public interface BlockReader {
  TransportKind kind();

  /**
   * Starts a transfer and returns at once. The reader ends the transfer exactly once, soon after
   * its deadline at the latest, and no earlier than its last write into a local block.
   */
  void read(Transfer transfer);

  /** The peer is gone: ends what runs with {@code PeerLost} and frees what the reader holds. */
  void abort(String reason);
}
