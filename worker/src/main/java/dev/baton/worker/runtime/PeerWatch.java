package dev.baton.worker.runtime;

import dev.baton.contracts.KvLayout;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerRegistration;
import dev.baton.contracts.WorkerView;
import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.KvPlane;
import dev.baton.worker.membership.Registry;
import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connects to the other workers of the model as the directory shows them, so that no request waits
 * for the handshake with a peer or with a new epoch of one. Whom it does not reach it tries again;
 * a request that comes first connects by itself.
 */
public final class PeerWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PeerWatch.class);
  private static final Duration INTERVAL = Duration.ofSeconds(2);

  private final Registry registry;
  private final WorkerId self;
  private final ModelFingerprint model;
  private final KvLayout layout;
  private final KvPlane plane;
  private final Thread thread = Thread.ofVirtual().name("peer-watch").unstarted(this::run);

  public PeerWatch(
      Registry registry, WorkerId self, ModelFingerprint model, KvLayout layout, KvPlane plane) {
    this.registry = registry;
    this.self = self;
    this.model = model;
    this.layout = layout;
    this.plane = plane;
  }

  public void start() {
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        try {
          turn();
        } catch (IOException | RuntimeException e) {
          // The membership, which asks the same registry, complains about an outage.
          log.debug("No directory of peers: {}", e.toString());
        }
        Thread.sleep(INTERVAL);
      }
    } catch (InterruptedException _) {
      // Closed.
    }
  }

  /** One look at the directory. */
  void turn() throws IOException, InterruptedException {
    for (WorkerView peer : registry.directory().workers()) {
      if (readable(peer.registration())) {
        plane
            .connect(peer.ref(), peer.registration().kv(), Deadline.after(INTERVAL))
            .thenAccept(outcome -> {
              if (!(outcome instanceof ConnectOutcome.Connected)) {
                log.debug("Not connected to {}: {}", peer.registration().worker(), outcome);
              }
            });
      }
    }
  }

  private boolean readable(WorkerRegistration peer) {
    return !peer.worker().equals(self)
        && peer.fingerprint().equals(model)
        && peer.layout().equals(layout);
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
