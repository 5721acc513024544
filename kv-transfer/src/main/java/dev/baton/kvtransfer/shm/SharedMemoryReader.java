package dev.baton.kvtransfer.shm;

import dev.baton.kvtransfer.BlockMove;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.transport.CopyThreads;
import dev.baton.kvtransfer.transport.MappedReader;
import dev.baton.kvtransfer.transport.RemotePool;
import dev.baton.kvtransfer.transport.Transfer;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Copies blocks out of a mapped pool file. */
final class SharedMemoryReader extends MappedReader {
  private final MappedPool from;
  private final RemotePool remote;
  private final HostKvPool to;

  SharedMemoryReader(MappedPool from, RemotePool remote, HostKvPool to, CopyThreads copiers) {
    super(from.use(), copiers);
    this.from = from;
    this.remote = remote;
    this.to = to;
  }

  @Override
  public TransportKind kind() {
    return TransportKind.SHARED_MEMORY;
  }

  @Override
  protected @Nullable TransferOutcome copyAll(Transfer transfer) {
    try {
      for (int i = 0; i < transfer.moves().size(); i++) {
        TransferOutcome failure = stop(transfer);
        if (failure != null) {
          return failure;
        }
        BlockMove move = transfer.moves().get(i);
        MemorySegment local = to.block(move.localBlock());
        MemorySegment.copy(from.block(move.remoteBlock()), 0, local, 0, remote.blockBytes());
        transfer.arrived(i, local);
      }
      return null;
    } catch (InternalError e) {
      // The JVM's answer to a page that vanished: somebody truncated the holder's file.
      return new PeerFailure.PeerLost("the holder's pool file shrank: " + e.getMessage());
    }
  }

  @Override
  protected @Nullable TransferOutcome stop(Transfer transfer) {
    TransferOutcome failure = super.stop(transfer);
    long epoch = from.epoch();
    if (failure == null && epoch != remote.holder().epoch().value()) {
      return new PeerFailure.StaleEpoch(
          remote.holder().epoch(), remote.holder().worker() + " is in epoch " + epoch + " now");
    }
    return failure;
  }
}
