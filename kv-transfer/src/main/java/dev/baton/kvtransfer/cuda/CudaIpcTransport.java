package dev.baton.kvtransfer.cuda;

import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.DeviceKvPool;
import dev.baton.kvtransfer.DeviceMemory;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.transport.AttachException;
import dev.baton.kvtransfer.transport.BlockReader;
import dev.baton.kvtransfer.transport.BlockWindows;
import dev.baton.kvtransfer.transport.CopyThreads;
import dev.baton.kvtransfer.transport.HostIdentity;
import dev.baton.kvtransfer.transport.RemotePool;
import dev.baton.kvtransfer.transport.Timers;
import dev.baton.kvtransfer.transport.Transport;
import dev.baton.kvtransfer.wire.MalformedFrameException;
import dev.baton.kvtransfer.wire.PayloadReader;
import dev.baton.kvtransfer.wire.PayloadWriter;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Both ends on one host with their pools in device memory. The holder offers a handle of its pool;
 * a reader maps it and its device copies out of it, over NVLink where there is one, without the
 * holder's help and even while the holder stands still.
 *
 * <p>A reader of shared memory sees before every block in which epoch the holder is. Device memory
 * has no page for that which a reader could look at without a copy. Instead a read that comes too
 * late is caught by what every transport has: blocks under a lease do not change while it lives,
 * losing the control connection aborts the reader, and blocks that were replaced meanwhile have
 * other digests than expected.
 */
public final class CudaIpcTransport implements Transport {
  private final String hostId;
  private final byte[] handle;
  private final DeviceMemory memory;
  private final BlockWindows windows;
  private final CopyThreads copiers;

  private CudaIpcTransport(
      String hostId,
      byte[] handle,
      DeviceMemory memory,
      BlockWindows windows,
      CopyThreads copiers) {
    this.hostId = hostId;
    this.handle = handle;
    this.memory = memory;
    this.windows = windows;
    this.copiers = copiers;
  }

  /**
   * @throws IOException when the host cannot be identified
   * @throws AttachException when the device cannot share its memory
   */
  public static CudaIpcTransport open(
      DeviceKvPool pool, BlockWindows windows, int copyThreads, Timers timers)
      throws IOException, AttachException {
    String hostId = HostIdentity.read();
    byte[] handle;
    try {
      handle = pool.memory().export();
    } catch (RuntimeException e) {
      throw new AttachException("the device cannot share its memory: " + e.getMessage(), e);
    }
    CopyThreads copiers = new CopyThreads(copyThreads, timers);
    return new CudaIpcTransport(hostId, handle, pool.memory(), windows, copiers);
  }

  @Override
  public TransportKind kind() {
    return TransportKind.CUDA_IPC;
  }

  @Override
  public String detail() {
    return "pool in device memory";
  }

  @Override
  public byte[] advert() {
    return new PayloadWriter().text(hostId).bytes(handle).payload();
  }

  @Override
  public BlockReader attach(RemotePool remote, byte[] advert, Deadline deadline)
      throws AttachException {
    try {
      PayloadReader in = new PayloadReader(ByteBuffer.wrap(advert));
      String host = in.text();
      byte[] remoteHandle = in.bytes();
      if (!host.equals(hostId)) {
        throw new AttachException("the holder is on another host");
      }
      return new CudaIpcReader(memory.attach(remoteHandle), remote.blockBytes(), windows, copiers);
    } catch (MalformedFrameException e) {
      throw new AttachException("unreadable advert: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      throw new AttachException("the pool cannot be mapped: " + e.getMessage(), e);
    }
  }

  @Override
  public void moveTo(long epoch) {
    // See above.
  }

  @Override
  public void close() {
    copiers.close();
  }
}
