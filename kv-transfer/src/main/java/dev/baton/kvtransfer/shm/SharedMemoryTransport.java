package dev.baton.kvtransfer.shm;

import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.transport.AttachException;
import dev.baton.kvtransfer.transport.BlockReader;
import dev.baton.kvtransfer.transport.CopyThreads;
import dev.baton.kvtransfer.transport.HostIdentity;
import dev.baton.kvtransfer.transport.RemotePool;
import dev.baton.kvtransfer.transport.Timers;
import dev.baton.kvtransfer.transport.Transport;
import dev.baton.kvtransfer.wire.MalformedFrameException;
import dev.baton.kvtransfer.wire.PayloadReader;
import dev.baton.kvtransfer.wire.PayloadWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Both ends on one host. The holder offers its pool's file; a reader maps it read-only and copies
 * out of it, without the holder's help and even while the holder stands still.
 */
public final class SharedMemoryTransport implements Transport {
  private final String hostId;
  private final HostKvPool pool;
  private final Path file;
  private final Arena arena = Arena.ofShared();
  private final PoolTrailer trailer;
  private final CopyThreads copiers;

  private SharedMemoryTransport(String hostId, HostKvPool pool, int copyThreads, Timers timers)
      throws IOException {
    this.hostId = hostId;
    this.pool = pool;
    this.file = pool.file().toAbsolutePath();
    this.trailer = PoolTrailer.append(pool, arena);
    this.copiers = new CopyThreads(copyThreads, timers);
  }

  /**
   * Marks the pool's file as this plane's.
   *
   * @throws IOException when the host cannot be identified or the file cannot be extended
   */
  public static SharedMemoryTransport open(HostKvPool pool, int copyThreads, Timers timers)
      throws IOException {
    return new SharedMemoryTransport(HostIdentity.read(), pool, copyThreads, timers);
  }

  @Override
  public TransportKind kind() {
    return TransportKind.SHARED_MEMORY;
  }

  @Override
  public String detail() {
    return "pool file " + file;
  }

  @Override
  public byte[] advert() {
    return new PayloadWriter()
        .text(hostId)
        .text(file.toString())
        .int64(trailer.nonceHigh())
        .int64(trailer.nonceLow())
        .payload();
  }

  @Override
  public BlockReader attach(RemotePool remote, byte[] advert, Deadline deadline)
      throws AttachException {
    try {
      PayloadReader in = new PayloadReader(ByteBuffer.wrap(advert));
      String host = in.text();
      Path remoteFile = Path.of(in.text());
      long nonceHigh = in.int64();
      long nonceLow = in.int64();
      if (!host.equals(hostId)) {
        throw new AttachException("the holder is on another host");
      }
      MappedPool mapped = MappedPool.map(remoteFile, remote, nonceHigh, nonceLow);
      return new SharedMemoryReader(mapped, remote, pool, copiers);
    } catch (MalformedFrameException | InvalidPathException e) {
      throw new AttachException("unreadable advert: " + e.getMessage(), e);
    }
  }

  @Override
  public void moveTo(long epoch) {
    trailer.epoch(epoch);
  }

  @Override
  public void close() {
    trailer.epoch(0);
    copiers.close();
    arena.close();
  }
}
