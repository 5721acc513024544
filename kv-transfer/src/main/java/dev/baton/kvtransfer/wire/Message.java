package dev.baton.kvtransfer.wire;

import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.TransportKind;
import java.util.Map;

/** Everything that two planes say to each other, except the bytes of blocks. */
public sealed interface Message {
  /** The protocol's version; planes of different versions do not talk. */
  int VERSION = 2;

  /** What a connection is for. */
  enum Channel {
    CONTROL,
    DATA
  }

  /** First message of a connection, from the reader. */
  record Hello(
      int version,
      Channel channel,
      WorkerId reader,
      WorkerId holder,
      ModelFingerprint fingerprint,
      KvLayout layout)
      implements Message {}

  /**
   * The holder's answer to {@link Hello}.
   *
   * @param adverts what a reader needs to attach to each transport that the holder offers
   */
  record Welcome(
      int version,
      WorkerId holder,
      ModelFingerprint fingerprint,
      KvLayout layout,
      long blockBytes,
      int blockCount,
      Map<TransportKind, byte[]> adverts)
      implements Message {}

  /** Why a message was not followed. */
  record Refused(Refusal why, String reason) implements Message {}

  /**
   * Reader: lease the longest resident prefix of these.
   *
   * @param beyond answer once more than so many of the blocks are resident
   * @param waitMillis or after this time, with what there is then
   */
  record Acquire(RequestId request, BlockHashes hashes, int beyond, long waitMillis)
      implements Message {}

  /** Holder: leased. Without blocks there is no lease. */
  record Acquired(long leaseId, long ttlMillis, BlockRefs blocks) implements Message {}

  /** Reader: send these blocks, each as a data frame, in this order. */
  record Read(long leaseId, int[] blockIds) implements Message {}

  record Renew(long leaseId) implements Message {}

  record Renewed(long ttlMillis) implements Message {}

  record Release(long leaseId) implements Message {}

  record Released() implements Message {}

  /** Reasons of a {@link Refused}. */
  enum Refusal {
    /** Another protocol version, worker, model or layout. */
    INCOMPATIBLE,
    STALE_EPOCH,
    LEASE_EXPIRED,
    /** The message asks for something that this holder or lease does not have. */
    INVALID,
    OVERLOADED,
    FAILED
  }
}
