package dev.baton.kvtransfer.plane;

import dev.baton.contracts.Epoch;
import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.LaneRef;
import dev.baton.kvtransfer.BlockSource;
import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.KvPlane;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.KvPool;
import dev.baton.kvtransfer.TransportCapability;
import dev.baton.kvtransfer.lease.LeaseBook;
import dev.baton.kvtransfer.serve.HolderServer;
import dev.baton.kvtransfer.serve.HolderState;
import dev.baton.kvtransfer.transport.BlockWindows;
import dev.baton.kvtransfer.transport.Dialer;
import dev.baton.kvtransfer.transport.RunningTransfers;
import dev.baton.kvtransfer.transport.Timers;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The KV plane of a worker process. */
public final class WorkerKvPlane implements KvPlane {
  private static final Logger log = LoggerFactory.getLogger(WorkerKvPlane.class);

  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  private final LeaseBook leases;
  private final Timers timers;
  private final BlockWindows windows;
  private final Transports transports;
  private final HolderState state;
  private final HolderServer server;
  private final PeerDirectory peers;
  private final RunningTransfers running;
  private final AtomicBoolean closed = new AtomicBoolean();

  private WorkerKvPlane(
      LeaseBook leases,
      Timers timers,
      BlockWindows windows,
      Transports transports,
      HolderState state,
      HolderServer server,
      PeerDirectory peers,
      RunningTransfers running) {
    this.leases = leases;
    this.timers = timers;
    this.windows = windows;
    this.transports = transports;
    this.state = state;
    this.server = server;
    this.peers = peers;
    this.running = running;
  }

  /**
   * Listens and serves. Until {@link #enterEpoch} every message is refused as stale.
   *
   * @param leases swept by this plane for expired ones
   * @throws IOException when the port cannot be bound
   */
  public static KvPlane start(
      KvPlaneConfig config, KvPool pool, LeaseBook leases, BlockSource source) throws IOException {
    Timers timers = new Timers();
    Dialer dialer = new Dialer(config, timers);
    BlockWindows windows = new BlockWindows(pool);
    Transports transports = new Transports(config, pool, windows, dialer, timers);
    try {
      HolderState state =
          new HolderState(config, pool, windows, leases, source, timers, transports::adverts);
      HolderServer server = HolderServer.start(state);
      RunningTransfers running = new RunningTransfers();
      PeerConnector connector =
          new PeerConnector(config, pool, transports, dialer, timers, running);
      PeerDirectory peers = new PeerDirectory(connector, timers, config.handshakeTimeout());
      timers.every(config.leaseSweepInterval(), () -> sweep(leases));
      log.info(
          "KV plane of {} on port {}: {}",
          config.worker(),
          server.port(),
          transports.capabilities());
      return new WorkerKvPlane(leases, timers, windows, transports, state, server, peers, running);
    } catch (IOException | RuntimeException e) {
      transports.close();
      windows.close();
      timers.close();
      throw e;
    }
  }

  /** A listener that throws must not end the sweeping. */
  private static void sweep(LeaseBook leases) {
    try {
      int expired = leases.sweep();
      if (expired > 0) {
        log.warn("{} leases expired without being released", expired);
      }
    } catch (RuntimeException e) {
      log.error("Sweeping leases failed", e);
    }
  }

  @Override
  public int port() {
    return server.port();
  }

  @Override
  public List<TransportCapability> capabilities() {
    return transports.capabilities();
  }

  @Override
  public void enterEpoch(Epoch epoch) {
    moveTo(epoch.value());
  }

  @Override
  public void fence() {
    moveTo(HolderState.NO_EPOCH);
  }

  private synchronized void moveTo(long epoch) {
    if (state.moveTo(epoch)) {
      transports.moveTo(epoch);
      leases.revokeAll();
    }
  }

  @Override
  public CompletionStage<ConnectOutcome> connect(
      LaneRef holder, KvEndpoint endpoint, Deadline deadline) {
    return peers.connect(holder, endpoint, deadline);
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    server.close();
    peers.close();
    if (!running.awaitNone(Deadline.after(CLOSE_PATIENCE))) {
      log.error("Transfers still run although their connections are closed");
    }
    transports.close();
    windows.close();
    leases.revokeAll();
    timers.close();
  }
}
