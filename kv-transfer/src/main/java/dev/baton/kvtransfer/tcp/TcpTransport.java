package dev.baton.kvtransfer.tcp;

import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.transport.BlockReader;
import dev.baton.kvtransfer.transport.BlockWindows;
import dev.baton.kvtransfer.transport.Dialer;
import dev.baton.kvtransfer.transport.RemotePool;
import dev.baton.kvtransfer.transport.Timers;
import dev.baton.kvtransfer.transport.Transport;

/**
 * Blocks over plain sockets, on data connections to the port that also carries control. The
 * holder's end of them is the plane's server.
 */
public final class TcpTransport implements Transport {
  private final int connectionsPerPeer;
  private final Dialer dialer;
  private final BlockWindows windows;
  private final Timers timers;

  /**
   * @param windows onto the reader's own pool
   */
  public TcpTransport(int connectionsPerPeer, Dialer dialer, BlockWindows windows, Timers timers) {
    this.connectionsPerPeer = connectionsPerPeer;
    this.dialer = dialer;
    this.windows = windows;
    this.timers = timers;
  }

  @Override
  public TransportKind kind() {
    return TransportKind.TCP;
  }

  @Override
  public String detail() {
    return connectionsPerPeer + " data connections a peer";
  }

  @Override
  public byte[] advert() {
    return new byte[0];
  }

  @Override
  public BlockReader attach(RemotePool remote, byte[] advert, Deadline deadline) {
    return new TcpReader(new DataConnections(remote, connectionsPerPeer, dialer, windows), timers);
  }

  @Override
  public void moveTo(long epoch) {
    // The server refuses messages of other epochs.
  }

  @Override
  public void close() {
    // Connections belong to readers, which close them when they are aborted.
  }
}
