package dev.baton.kvtransfer.shm;

import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.transport.BlockReader;
import dev.baton.kvtransfer.transport.RemotePool;
import dev.baton.kvtransfer.transport.Timers;
import dev.baton.kvtransfer.transport.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Copies blocks out of a mapped pool on the copy threads. A copy is synchronous: when a transfer
 * ends, its thread has left the local blocks.
 */
final class SharedMemoryReader implements BlockReader {
  private final MappedPool pool;
  private final RemotePool remote;
  private final Executor copiers;
  private final Timers timers;
  private volatile @Nullable String lost;

  SharedMemoryReader(MappedPool pool, RemotePool remote, Executor copiers, Timers timers) {
    this.pool = pool;
    this.remote = remote;
    this.copiers = copiers;
    this.timers = timers;
  }

  @Override
  public TransportKind kind() {
    return TransportKind.SHARED_MEMORY;
  }

  @Override
  public void read(Transfer transfer) {
    // Whoever takes the transfer first ends it: the copy thread, or the timer while it still
    // queues.
    AtomicBoolean taken = new AtomicBoolean();
    Timers.Timer timer =
        timers.at(
            transfer.deadline(),
            () -> {
              if (taken.compareAndSet(false, true)) {
                transfer.end(new PeerFailure.DeadlineExceeded("a free copy thread"));
              }
            });
    Runnable copy =
        () -> {
          if (taken.compareAndSet(false, true)) {
            timer.close();
            copyMapped(transfer);
          }
        };
    try {
      copiers.execute(copy);
    } catch (RejectedExecutionException _) {
      timer.close();
      transfer.end(new PeerFailure.Declined("the plane is closed"));
    }
  }

  @Override
  public void abort(String reason) {
    lost = reason;
    pool.giveUp();
  }

  private void copyMapped(Transfer transfer) {
    if (!pool.enter()) {
      transfer.end(new PeerFailure.PeerLost("the peer is gone: " + lost));
      return;
    }
    @Nullable TransferOutcome failure = new PeerFailure.Declined("copying broke off");
    try {
      failure = copyAll(transfer);
    } catch (InternalError e) {
      // The JVM's answer to a page that vanished: somebody truncated the holder's file.
      failure = new PeerFailure.PeerLost("the holder's pool file shrank: " + e.getMessage());
    } catch (RuntimeException e) {
      failure = new PeerFailure.Declined("copying failed: " + e);
    } finally {
      pool.leave();
      if (failure == null) {
        transfer.endCopied(kind());
      } else {
        transfer.end(failure);
      }
    }
  }

  private @Nullable TransferOutcome copyAll(Transfer transfer) {
    for (int i = 0; i < transfer.moves().size(); i++) {
      TransferOutcome failure = stop(transfer);
      if (failure != null) {
        return failure;
      }
      int block = transfer.moves().get(i).remoteBlock();
      MemorySegment.copy(pool.block(block), 0, transfer.destination(i), 0, remote.blockBytes());
      transfer.arrived(i);
    }
    return null;
  }

  /** Why the copying should stop here, if it should. */
  private @Nullable TransferOutcome stop(Transfer transfer) {
    String gone = lost;
    if (gone != null) {
      return new PeerFailure.PeerLost(gone);
    }
    if (transfer.deadline().expired()) {
      return new PeerFailure.DeadlineExceeded("copies from shared memory");
    }
    long epoch = pool.epoch();
    if (epoch != remote.holder().epoch().value()) {
      return new PeerFailure.StaleEpoch(
          remote.holder().epoch(), remote.holder().worker() + " is in epoch " + epoch + " now");
    }
    return null;
  }
}
