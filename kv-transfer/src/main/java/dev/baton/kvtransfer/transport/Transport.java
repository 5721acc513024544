package dev.baton.kvtransfer.transport;

import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.TransportKind;

/**
 * One way for blocks to travel, both ends of it: what the holder advertises, and how a reader
 * attaches to an advert. Exists only where this process can use it.
 */
public interface Transport extends AutoCloseable {
  TransportKind kind();

  /** What was found here, for people. */
  String detail();

  /** What a reader needs to attach; sent in every handshake. */
  byte[] advert();

  /**
   * Attaches to a holder's pool. Blocks, so called on a virtual thread.
   *
   * @throws AttachException when this pair of workers cannot use this transport
   */
  BlockReader attach(RemotePool remote, byte[] advert, Deadline deadline) throws AttachException;

  /** The holder's epoch changed; 0 for none. */
  void moveTo(long epoch);

  /** Frees everything, once no reader of this transport is in use. */
  @Override
  void close();
}
