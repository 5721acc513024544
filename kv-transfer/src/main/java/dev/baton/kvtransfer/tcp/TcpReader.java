package dev.baton.kvtransfer.tcp;

import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.transport.BlockReader;
import dev.baton.kvtransfer.transport.Timers;
import dev.baton.kvtransfer.transport.Transfer;

/**
 * Reads over data connections. Virtual threads, because a stripe mostly waits for the network, and
 * a peer that stands still must not take the threads that others need.
 */
final class TcpReader implements BlockReader {
  /** Below this a second connection costs more than it brings. */
  private static final long MIN_STRIPE_BYTES = 256 * 1024;

  private final DataConnections connections;
  private final Timers timers;

  TcpReader(DataConnections connections, Timers timers) {
    this.connections = connections;
    this.timers = timers;
  }

  @Override
  public TransportKind kind() {
    return TransportKind.TCP;
  }

  @Override
  public void read(Transfer transfer) {
    int blocks = transfer.moves().size();
    long worthwhile = Math.max(1, transfer.bytes() / MIN_STRIPE_BYTES);
    int stripes = Math.clamp(worthwhile, 1, Math.max(1, Math.min(connections.limit(), blocks)));
    StripedRead read = new StripedRead(transfer, connections, stripes);
    Timers.Timer timer =
        timers.at(
            transfer.deadline(),
            () -> read.stop(new PeerFailure.DeadlineExceeded("blocks over TCP")));
    read.start(timer::close);
  }

  @Override
  public void abort(String reason) {
    connections.close(reason);
  }
}
