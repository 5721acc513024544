package dev.baton.kvtransfer.serve;

import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.transport.BlockWindow;
import dev.baton.kvtransfer.wire.FrameHeader;
import dev.baton.kvtransfer.wire.Frames;
import dev.baton.kvtransfer.wire.MalformedFrameException;
import dev.baton.kvtransfer.wire.Message.Read;
import dev.baton.kvtransfer.wire.Message.Refusal;
import dev.baton.kvtransfer.wire.Message.Refused;
import dev.baton.kvtransfer.wire.MessageCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A data connection: answers reads, one after the other, out of a window onto the pool. */
final class DataService {
  private final HolderState state;
  private final Frames frames;
  private final Runnable closeConnection;
  private final ByteBuffer header = ByteBuffer.allocateDirect(FrameHeader.BYTES);

  DataService(HolderState state, Frames frames, Runnable closeConnection) {
    this.state = state;
    this.frames = frames;
    this.closeConnection = closeConnection;
  }

  void serve() throws IOException {
    while (true) {
      FrameHeader request = frames.nextHeader();
      if (!(frames.message(request) instanceof Read read)) {
        throw new MalformedFrameException("a data connection takes reads only");
      }
      // A reader that stands still must not keep this thread and its socket buffers for ever.
      Deadline patience = Deadline.after(state.config.serveTimeout());
      try (var _ = state.timers.at(patience, closeConnection)) {
        answer(request, read);
      }
    }
  }

  private void answer(FrameHeader request, Read read) throws IOException {
    int[] blocks = read.blockIds();
    try (BlockWindow window = state.windows.open()) {
      for (int i = 0; i < blocks.length; i++) {
        Refused refused = check(request.epoch(), read.leaseId(), blocks[i]);
        if (refused != null) {
          frames.write(MessageCodec.frame(refused, request.correlation(), request.epoch()));
          return;
        }
        int bytes = (int) state.pool.blockBytes();
        new FrameHeader(FrameHeader.DATA, bytes, i, request.epoch()).put(header.clear());
        frames.writeBlock(header.flip(), window.load(blocks[i]).asByteBuffer());
      }
    }
  }

  private @Nullable Refused check(long epoch, long leaseId, int block) {
    Refused stale = state.stale(epoch);
    if (stale != null) {
      return stale;
    }
    if (!state.leases.live(leaseId)) {
      return new Refused(Refusal.LEASE_EXPIRED, "there is no live lease " + leaseId);
    }
    if (block < 0 || block >= state.pool.blockCount() || !state.leases.covers(leaseId, block)) {
      return new Refused(Refusal.INVALID, "lease " + leaseId + " does not cover block " + block);
    }
    return null;
  }
}
