package dev.baton.kvtransfer.tcp;

import dev.baton.kvtransfer.BlockMove;
import dev.baton.kvtransfer.LeaseOutcome;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.transport.BlockWindow;
import dev.baton.kvtransfer.transport.BlockWindows;
import dev.baton.kvtransfer.transport.Quietly;
import dev.baton.kvtransfer.transport.RemotePool;
import dev.baton.kvtransfer.transport.Transfer;
import dev.baton.kvtransfer.wire.FrameHeader;
import dev.baton.kvtransfer.wire.Frames;
import dev.baton.kvtransfer.wire.MalformedFrameException;
import dev.baton.kvtransfer.wire.Message;
import dev.baton.kvtransfer.wire.Message.Refused;
import dev.baton.kvtransfer.wire.MessageCodec;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One data connection. Blocks go from the socket straight into a window onto the local pool. */
final class DataConnection {
  private final SocketChannel channel;
  private final Frames frames;
  private final RemotePool remote;
  private final BlockWindows windows;

  DataConnection(SocketChannel channel, Frames frames, RemotePool remote, BlockWindows windows) {
    this.channel = channel;
    this.frames = frames;
    this.remote = remote;
    this.windows = windows;
  }

  /**
   * Fetches moves {@code from} to {@code to}, exclusive. After an IOException the connection is of
   * no use any more.
   *
   * @return why the holder refused, or null when all blocks arrived
   */
  @Nullable TransferOutcome fetch(Transfer transfer, int from, int to) throws IOException {
    List<BlockMove> moves = transfer.moves().subList(from, to);
    int[] blocks = moves.stream().mapToInt(BlockMove::remoteBlock).toArray();
    Message.Read read = new Message.Read(transfer.leaseId(), blocks);
    try (BlockWindow window = windows.open()) {
      frames.write(MessageCodec.frame(read, 0, remote.holder().epoch().value()));
      for (int i = 0; i < blocks.length; i++) {
        FrameHeader header = frames.nextHeader();
        if (header.type() != FrameHeader.DATA) {
          return refusal(frames.message(header), transfer.leaseId());
        }
        if (header.payloadLength() != remote.blockBytes() || header.correlation() != i) {
          throw new MalformedFrameException("block " + header.correlation() + " instead of " + i);
        }
        int block = moves.get(i).localBlock();
        MemorySegment room = window.room(block);
        frames.fill(room.asByteBuffer());
        transfer.intercept(from + i, room);
        transfer.arrived(from + i, window.store(block));
      }
    }
    return null;
  }

  private TransferOutcome refusal(Message answer, long leaseId) throws IOException {
    if (!(answer instanceof Refused(var why, var reason))) {
      throw new MalformedFrameException("read answered with " + answer.getClass().getSimpleName());
    }
    return switch (why) {
      case LEASE_EXPIRED -> new LeaseOutcome.LeaseExpired(leaseId);
      case STALE_EPOCH -> new PeerFailure.StaleEpoch(remote.holder().epoch(), reason);
      case INCOMPATIBLE, INVALID, OVERLOADED, FAILED -> new PeerFailure.Declined(reason);
    };
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  /** Ends every read under way with an exception: nothing is written after that thread saw it. */
  void close() {
    Quietly.close(channel);
  }
}
