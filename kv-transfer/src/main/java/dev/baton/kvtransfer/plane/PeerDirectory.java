package dev.baton.kvtransfer.plane;

import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.LaneRef;
import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.transport.Timers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** The peers of this worker: one connection an epoch, made once however many ask for it. */
final class PeerDirectory implements AutoCloseable {
  private final PeerConnector connector;
  private final Timers timers;
  private final Duration connectTimeout;
  private final Map<Key, CompletableFuture<ConnectOutcome>> peers = new ConcurrentHashMap<>();
  private volatile boolean closed;

  PeerDirectory(PeerConnector connector, Timers timers, Duration connectTimeout) {
    this.connector = connector;
    this.timers = timers;
    this.connectTimeout = connectTimeout;
  }

  private record Key(LaneRef holder, KvEndpoint endpoint) {}

  CompletionStage<ConnectOutcome> connect(LaneRef holder, KvEndpoint endpoint, Deadline deadline) {
    if (closed) {
      return CompletableFuture.completedStage(new PeerFailure.Declined("the plane is closed"));
    }
    Key key = new Key(holder, endpoint);
    CompletableFuture<ConnectOutcome> started = new CompletableFuture<>();
    CompletableFuture<ConnectOutcome> known =
        peers.compute(key, (_, present) -> present == null || dead(present) ? started : present);
    if (known == started) {
      Thread.ofVirtual().name("kv-connect").start(() -> connect(key, started));
    }
    // The connection is everybody's, the deadline this caller's own.
    CompletableFuture<ConnectOutcome> answer = known.copy();
    Timers.Timer timer =
        timers.at(
            deadline,
            () ->
                answer.complete(
                    new PeerFailure.DeadlineExceeded("connection to " + holder.worker())));
    return answer.whenComplete((_, _) -> timer.close());
  }

  private static boolean dead(CompletableFuture<ConnectOutcome> known) {
    return known.getNow(null) instanceof ConnectOutcome.Connected(var peer) && !peer.alive();
  }

  private void connect(Key key, CompletableFuture<ConnectOutcome> started) {
    ConnectOutcome outcome;
    try {
      outcome = connector.connect(key.holder, key.endpoint, Deadline.after(connectTimeout));
    } catch (RuntimeException e) {
      outcome = new PeerFailure.Declined("connecting failed: " + e);
    }
    if (outcome instanceof ConnectOutcome.Connected(RemotePeer peer)) {
      peer.start(() -> peers.remove(key, started));
      if (closed) {
        peer.close("the plane is closed");
      }
    } else {
      peers.remove(key, started);
    }
    started.complete(outcome);
  }

  @Override
  public void close() {
    closed = true;
    for (CompletableFuture<ConnectOutcome> known : peers.values()) {
      if (known.getNow(null) instanceof ConnectOutcome.Connected(RemotePeer peer)) {
        peer.close("the plane is closed");
      }
    }
  }
}
