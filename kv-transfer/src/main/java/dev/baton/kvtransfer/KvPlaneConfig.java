package dev.baton.kvtransfer;

import dev.baton.contracts.KvLayout;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.WorkerId;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/**
 * Settings of a {@link KvPlane}.
 *
 * @param bindHost address to listen on
 * @param port port to listen on, 0 for any free one
 * @param transports what this worker offers and uses for blocks; TCP always carries control
 * @param tcpConnectionsPerPeer data connections to one peer, opened as transfers need them
 * @param copyThreads threads that copy out of mapped pools
 * @param maxConnections connections that the plane accepts at a time; more are turned away
 * @param handshakeTimeout how long a new connection may take to say who it is
 * @param serveTimeout how long a reader may take to drain one answer before its connection closes
 * @param leaseTtl time to live of leases that peers acquire
 * @param leaseSweepInterval how often expired leases are looked for
 */
public record KvPlaneConfig(
    WorkerId worker,
    ModelFingerprint fingerprint,
    KvLayout layout,
    String bindHost,
    int port,
    Set<TransportKind> transports,
    UcxSettings ucx,
    int tcpConnectionsPerPeer,
    int copyThreads,
    int maxConnections,
    Duration handshakeTimeout,
    Duration serveTimeout,
    Duration leaseTtl,
    Duration leaseSweepInterval,
    TransferInterceptor interceptor,
    TransferObserver observer) {

  public KvPlaneConfig {
    transports = Set.copyOf(transports);
    require(port >= 0 && port <= 65535, "port must be 0 to 65535");
    require(!transports.isEmpty(), "a plane needs at least one transport");
    require(tcpConnectionsPerPeer >= 1, "tcpConnectionsPerPeer must be at least 1");
    require(copyThreads >= 1, "copyThreads must be at least 1");
    require(maxConnections >= 1, "maxConnections must be at least 1");
    require(positive(handshakeTimeout), "handshakeTimeout must be positive");
    require(positive(serveTimeout), "serveTimeout must be positive");
    require(positive(leaseTtl), "leaseTtl must be positive");
    require(positive(leaseSweepInterval), "leaseSweepInterval must be positive");
  }

  public static Builder builder(WorkerId worker, ModelFingerprint fingerprint, KvLayout layout) {
    return new Builder(worker, fingerprint, layout);
  }

  private static boolean positive(Duration time) {
    return time.compareTo(Duration.ZERO) > 0;
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  /** Everything that has a sensible default. */
  public static final class Builder {
    private final WorkerId worker;
    private final ModelFingerprint fingerprint;
    private final KvLayout layout;
    private String bindHost = "127.0.0.1";
    private int port;
    private Set<TransportKind> transports = EnumSet.allOf(TransportKind.class);
    private UcxSettings ucx = UcxSettings.defaults();
    private int tcpConnectionsPerPeer = 2;
    private int copyThreads = 2;
    private int maxConnections = 1024;
    private Duration handshakeTimeout = Duration.ofSeconds(5);
    private Duration serveTimeout = Duration.ofSeconds(30);
    private Duration leaseTtl = Duration.ofSeconds(30);
    private Duration leaseSweepInterval = Duration.ofMillis(250);
    private TransferInterceptor interceptor = TransferInterceptor.NONE;
    private TransferObserver observer = TransferObserver.NONE;

    private Builder(WorkerId worker, ModelFingerprint fingerprint, KvLayout layout) {
      this.worker = worker;
      this.fingerprint = fingerprint;
      this.layout = layout;
    }

    public Builder bind(String host, int bindPort) {
      bindHost = host;
      port = bindPort;
      return this;
    }

    public Builder transports(Set<TransportKind> kinds) {
      transports = kinds;
      return this;
    }

    public Builder ucx(UcxSettings settings) {
      ucx = settings;
      return this;
    }

    public Builder tcpConnectionsPerPeer(int connections) {
      tcpConnectionsPerPeer = connections;
      return this;
    }

    public Builder copyThreads(int threads) {
      copyThreads = threads;
      return this;
    }

    public Builder maxConnections(int connections) {
      maxConnections = connections;
      return this;
    }

    public Builder handshakeTimeout(Duration timeout) {
      handshakeTimeout = timeout;
      return this;
    }

    public Builder serveTimeout(Duration timeout) {
      serveTimeout = timeout;
      return this;
    }

    public Builder leaseTtl(Duration ttl) {
      leaseTtl = ttl;
      return this;
    }

    public Builder leaseSweepInterval(Duration interval) {
      leaseSweepInterval = interval;
      return this;
    }

    public Builder interceptor(TransferInterceptor transferInterceptor) {
      interceptor = transferInterceptor;
      return this;
    }

    public Builder observer(TransferObserver transferObserver) {
      observer = transferObserver;
      return this;
    }

    public KvPlaneConfig build() {
      return new KvPlaneConfig(
          worker,
          fingerprint,
          layout,
          bindHost,
          port,
          transports,
          ucx,
          tcpConnectionsPerPeer,
          copyThreads,
          maxConnections,
          handshakeTimeout,
          serveTimeout,
          leaseTtl,
          leaseSweepInterval,
          interceptor,
          observer);
    }
  }
}
