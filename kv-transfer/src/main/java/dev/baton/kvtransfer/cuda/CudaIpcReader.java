package dev.baton.kvtransfer.cuda;

import dev.baton.kvtransfer.BlockMove;
import dev.baton.kvtransfer.DeviceMemory;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.transport.BlockWindow;
import dev.baton.kvtransfer.transport.BlockWindows;
import dev.baton.kvtransfer.transport.CopyThreads;
import dev.baton.kvtransfer.transport.MappedReader;
import dev.baton.kvtransfer.transport.SharedUse;
import dev.baton.kvtransfer.transport.Transfer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Has the local device copy blocks out of a mapped pool and digest them, a chunk at a time. Only
 * between chunks does it look at the deadline: a device that hangs holds the transfer up.
 */
final class CudaIpcReader extends MappedReader {
  /** Some 100 us of a link between devices: enough to fill it, short against any deadline. */
  private static final long CHUNK_BYTES = 32 << 20;

  private final DeviceMemory.Mapping pool;
  private final int chunkBlocks;
  private final BlockWindows windows;

  /** Closes {@code pool} once it is aborted and no copy runs. */
  CudaIpcReader(
      DeviceMemory.Mapping pool, long blockBytes, BlockWindows windows, CopyThreads copiers) {
    super(new SharedUse(pool::close), copiers);
    this.pool = pool;
    this.chunkBlocks = Math.toIntExact(Math.max(1, CHUNK_BYTES / blockBytes));
    this.windows = windows;
  }

  @Override
  public TransportKind kind() {
    return TransportKind.CUDA_IPC;
  }

  @Override
  protected @Nullable TransferOutcome copyAll(Transfer transfer) {
    int count = transfer.moves().size();
    for (int from = 0; from < count; from += chunkBlocks) {
      TransferOutcome failure = stop(transfer);
      if (failure != null) {
        return failure;
      }
      List<BlockMove> chunk = transfer.moves().subList(from, Math.min(count, from + chunkBlocks));
      int[] digests =
          pool.pull(
              chunk.stream().mapToInt(BlockMove::remoteBlock).toArray(),
              chunk.stream().mapToInt(BlockMove::localBlock).toArray());
      failure = transfer.intercepted() ? show(transfer, from, digests) : null;
      if (failure != null) {
        return failure;
      }
      for (int i = 0; i < digests.length; i++) {
        transfer.arrived(from + i, digests[i]);
      }
    }
    return null;
  }

  /** Takes blocks to the host, where the interceptor may change them and so their digests. */
  private @Nullable TransferOutcome show(Transfer transfer, int from, int[] digests) {
    try (BlockWindow window = windows.open()) {
      for (int i = 0; i < digests.length; i++) {
        TransferOutcome failure = stop(transfer);
        if (failure != null) {
          return failure;
        }
        int block = transfer.moves().get(from + i).localBlock();
        transfer.intercept(from + i, window.load(block));
        digests[i] = window.store(block);
      }
      return null;
    }
  }
}
