package dev.baton.kvtransfer.transport;

import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferOutcome;
import org.jspecify.annotations.Nullable;

/**
 * Copies blocks out of a pool that is mapped here, on the copy threads. A copy is synchronous: when
 * a transfer ends, its thread has left the local blocks.
 */
public abstract class MappedReader implements BlockReader {
  private final SharedUse mapping;
  private final CopyThreads copiers;
  private volatile @Nullable String lost;

  /** The reader gives {@code mapping} up when it is aborted. */
  protected MappedReader(SharedUse mapping, CopyThreads copiers) {
    this.mapping = mapping;
    this.copiers = copiers;
  }

  /** Copies every block and reports it to the transfer; answers why it stopped short, if it did. */
  protected abstract @Nullable TransferOutcome copyAll(Transfer transfer);

  /** Why copying should stop here, if it should; to be asked between copies. */
  protected @Nullable TransferOutcome stop(Transfer transfer) {
    String gone = lost;
    if (gone != null) {
      return new PeerFailure.PeerLost(gone);
    }
    if (transfer.deadline().expired()) {
      return new PeerFailure.DeadlineExceeded("copies by " + kind());
    }
    return null;
  }

  @Override
  public final void read(Transfer transfer) {
    copiers.start(transfer, () -> copyMapped(transfer));
  }

  @Override
  public final void abort(String reason) {
    lost = reason;
    mapping.giveUp();
  }

  private void copyMapped(Transfer transfer) {
    if (!mapping.enter()) {
      transfer.end(new PeerFailure.PeerLost("the peer is gone: " + lost));
      return;
    }
    @Nullable TransferOutcome failure = new PeerFailure.Declined("copying broke off");
    try {
      failure = copyAll(transfer);
    } catch (RuntimeException e) {
      String gone = lost;
      failure =
          gone != null
              ? new PeerFailure.PeerLost(gone)
              : new PeerFailure.Declined("copying failed: " + e);
    } finally {
      mapping.leave();
      if (failure == null) {
        transfer.endCopied(kind());
      } else {
        transfer.end(failure);
      }
    }
  }
}
