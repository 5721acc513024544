package dev.baton.kvtransfer.plane;

import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.TransportCapability;
import dev.baton.kvtransfer.TransportCapability.Available;
import dev.baton.kvtransfer.TransportCapability.Unavailable;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.shm.SharedMemoryTransport;
import dev.baton.kvtransfer.tcp.TcpTransport;
import dev.baton.kvtransfer.transport.AttachException;
import dev.baton.kvtransfer.transport.Dialer;
import dev.baton.kvtransfer.transport.Timers;
import dev.baton.kvtransfer.transport.Transport;
import dev.baton.kvtransfer.ucx.UcxSupport;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The transports of this process: those that work, and why the others do not. */
final class Transports implements AutoCloseable {
  private final Map<TransportKind, Transport> usable = new EnumMap<>(TransportKind.class);
  private final Map<TransportKind, TransportCapability> capabilities =
      new EnumMap<>(TransportKind.class);

  Transports(KvPlaneConfig config, HostKvPool pool, Dialer dialer, Timers timers) {
    for (TransportKind kind : TransportKind.values()) {
      if (!config.transports().contains(kind)) {
        capabilities.put(kind, new Unavailable(kind, "switched off"));
        continue;
      }
      try {
        Transport transport = open(kind, config, pool, dialer, timers);
        usable.put(kind, transport);
        capabilities.put(kind, new Available(kind, transport.detail()));
      } catch (IOException | AttachException e) {
        capabilities.put(kind, new Unavailable(kind, String.valueOf(e.getMessage())));
      }
    }
  }

  private static Transport open(
      TransportKind kind, KvPlaneConfig config, HostKvPool pool, Dialer dialer, Timers timers)
      throws IOException, AttachException {
    return switch (kind) {
      case SHARED_MEMORY -> SharedMemoryTransport.open(pool, config.copyThreads(), timers);
      case UCX -> UcxSupport.open(config, pool, timers);
      case TCP -> new TcpTransport(config.tcpConnectionsPerPeer(), dialer, timers);
    };
  }

  /** The transport, or why this process cannot use it. */
  Transport use(TransportKind kind) throws AttachException {
    Transport transport = usable.get(kind);
    if (transport != null) {
      return transport;
    }
    throw new AttachException(
        capabilities.get(kind) instanceof Unavailable(_, var reason) ? reason : "unavailable");
  }

  Map<TransportKind, byte[]> adverts() {
    Map<TransportKind, byte[]> adverts = new EnumMap<>(TransportKind.class);
    usable.forEach((kind, transport) -> adverts.put(kind, transport.advert()));
    return adverts;
  }

  List<TransportCapability> capabilities() {
    return List.copyOf(capabilities.values());
  }

  void moveTo(long epoch) {
    usable.values().forEach(transport -> transport.moveTo(epoch));
  }

  @Override
  public void close() {
    usable.values().forEach(Transport::close);
  }
}
