package dev.baton.kvtransfer.tcp;

import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.transport.Transfer;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One transfer over several connections at once, each fetching a run of its blocks. The first
 * failure closes the connections of all stripes. The transfer ends when the last stripe's thread
 * has left the local blocks.
 */
final class StripedRead {
  private final Transfer transfer;
  private final DataConnections connections;
  private final int stripes;
  private final Set<DataConnection> inUse = new HashSet<>();
  private int running;
  private @Nullable TransferOutcome failure;

  StripedRead(Transfer transfer, DataConnections connections, int stripes) {
    this.transfer = transfer;
    this.connections = connections;
    this.stripes = stripes;
    this.running = stripes;
  }

  void start(Runnable beforeEnd) {
    int blocks = transfer.moves().size();
    for (int s = 0; s < stripes; s++) {
      int from = (int) ((long) blocks * s / stripes);
      int to = (int) ((long) blocks * (s + 1) / stripes);
      Thread.ofVirtual().name("kv-stripe").start(() -> run(from, to, beforeEnd));
    }
  }

  /** Makes all stripes end as soon as they can. */
  synchronized void stop(TransferOutcome why) {
    if (failure == null && running > 0) {
      failure = why;
      List.copyOf(inUse).forEach(DataConnection::close);
    }
  }

  private void run(int from, int to, Runnable beforeEnd) {
    TransferOutcome refused = new PeerFailure.Declined("reading broke off");
    try {
      refused = fetch(from, to);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      refused = new PeerFailure.Declined("reading failed: " + e);
    } finally {
      if (refused != null) {
        stop(refused);
      }
      end(beforeEnd);
    }
  }

  private @Nullable TransferOutcome fetch(int from, int to) throws InterruptedException {
    return switch (connections.borrow(transfer.deadline())) {
      case DataConnections.Borrowed.None(var why) -> why;
      case DataConnections.Borrowed.Ready(var connection) -> {
        try {
          yield enter(connection) ? connection.fetch(transfer, from, to) : null;
        } catch (IOException e) {
          connection.close();
          String gone = connections.closed();
          yield new PeerFailure.PeerLost(
              gone == null ? "data connection: " + e.getMessage() : gone);
        } catch (RuntimeException | Error e) {
          connection.close();
          throw e;
        } finally {
          leave(connection);
        }
      }
    };
  }

  private synchronized boolean enter(DataConnection connection) {
    inUse.add(connection);
    return failure == null;
  }

  private void leave(DataConnection connection) {
    synchronized (this) {
      inUse.remove(connection);
    }
    connections.giveBack(connection);
  }

  private void end(Runnable beforeEnd) {
    TransferOutcome how;
    synchronized (this) {
      if (--running > 0) {
        return;
      }
      how = failure;
    }
    beforeEnd.run();
    if (how == null) {
      transfer.endCopied(TransportKind.TCP);
    } else {
      transfer.end(how);
    }
  }
}
