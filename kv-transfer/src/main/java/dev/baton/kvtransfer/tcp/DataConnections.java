package dev.baton.kvtransfer.tcp;

import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.transport.BlockWindows;
import dev.baton.kvtransfer.transport.Dialer;
import dev.baton.kvtransfer.transport.RemotePool;
import dev.baton.kvtransfer.wire.Message.Channel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The data connections to one peer: opened when needed, used by one stripe at a time. */
final class DataConnections {
  private final RemotePool remote;
  private final Dialer dialer;
  private final BlockWindows windows;
  private final int limit;
  private final Semaphore permits;
  private final Deque<DataConnection> idle = new ArrayDeque<>();
  private final Set<DataConnection> open = new HashSet<>();
  private @Nullable String closed;

  DataConnections(RemotePool remote, int limit, Dialer dialer, BlockWindows windows) {
    this.remote = remote;
    this.limit = limit;
    this.dialer = dialer;
    this.windows = windows;
    this.permits = new Semaphore(limit, true);
  }

  int limit() {
    return limit;
  }

  long blockBytes() {
    return remote.blockBytes();
  }

  /** Either a connection or why there is none. */
  sealed interface Borrowed {
    record Ready(DataConnection connection) implements Borrowed {}

    record None(TransferOutcome why) implements Borrowed {}
  }

  /** Waits for a free connection until the deadline; give it back with {@link #giveBack}. */
  Borrowed borrow(Deadline deadline) throws InterruptedException {
    if (!permits.tryAcquire(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
      return new Borrowed.None(new PeerFailure.DeadlineExceeded("a free data connection"));
    }
    Borrowed borrowed = idleOrDialed(deadline);
    if (borrowed instanceof Borrowed.None) {
      permits.release();
    }
    return borrowed;
  }

  private Borrowed idleOrDialed(Deadline deadline) {
    synchronized (this) {
      if (closed != null) {
        return new Borrowed.None(new PeerFailure.PeerLost(closed));
      }
      DataConnection connection = idle.pollLast();
      if (connection != null) {
        return new Borrowed.Ready(connection);
      }
    }
    return switch (dialer.dial(remote.holder(), remote.endpoint(), Channel.DATA, deadline)) {
      case Dialer.Dialed.Open(var channel, var frames, _) ->
          admit(new DataConnection(channel, frames, remote, windows));
      case Dialer.Dialed.Failed(var outcome) ->
          new Borrowed.None(
              switch (outcome) {
                case PeerFailure failure -> failure;
                case ConnectOutcome.Refused(var reason) -> new PeerFailure.PeerLost(reason);
                case ConnectOutcome.Connected _ ->
                    throw new AssertionError("failed, yet connected");
              });
    };
  }

  private synchronized Borrowed admit(DataConnection connection) {
    if (closed != null) {
      connection.close();
      return new Borrowed.None(new PeerFailure.PeerLost(closed));
    }
    open.add(connection);
    return new Borrowed.Ready(connection);
  }

  /** Takes a connection back; one that was closed is dropped. */
  void giveBack(DataConnection connection) {
    synchronized (this) {
      if (connection.isOpen()) {
        idle.addLast(connection);
      } else {
        open.remove(connection);
      }
    }
    permits.release();
  }

  synchronized void close(String reason) {
    closed = reason;
    idle.clear();
    open.forEach(DataConnection::close);
    open.clear();
  }

  /** Why the peer is gone, if it is. */
  synchronized @Nullable String closed() {
    return closed;
  }
}
