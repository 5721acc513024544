package dev.baton.kvtransfer.plane;

import dev.baton.kvtransfer.DeviceKvPool;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.KvPool;
import dev.baton.kvtransfer.TransportCapability;
import dev.baton.kvtransfer.TransportCapability.Available;
import dev.baton.kvtransfer.TransportCapability.Unavailable;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.cuda.CudaIpcTransport;
import dev.baton.kvtransfer.shm.SharedMemoryTransport;
import dev.baton.kvtransfer.tcp.TcpTransport;
import dev.baton.kvtransfer.transport.AttachException;
import dev.baton.kvtransfer.transport.BlockWindows;
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

  Transports(
      KvPlaneConfig config, KvPool pool, BlockWindows windows, Dialer dialer, Timers timers) {
    for (TransportKind kind : TransportKind.values()) {
      if (!config.transports().contains(kind)) {
        capabilities.put(kind, new Unavailable(kind, "switched off"));
        continue;
      }
      try {
        Transport transport = open(kind, config, pool, windows, dialer, timers);
        usable.put(kind, transport);
        capabilities.put(kind, new Available(kind, transport.detail()));
      } catch (IOException | AttachException e) {
        capabilities.put(kind, new Unavailable(kind, String.valueOf(e.getMessage())));
      }
    }
  }

  private static Transport open(
      TransportKind kind,
      KvPlaneConfig config,
      KvPool pool,
      BlockWindows windows,
      Dialer dialer,
      Timers timers)
      throws IOException, AttachException {
    return switch (kind) {
      case CUDA_IPC -> CudaIpcTransport.open(onDevice(pool), windows, config.copyThreads(), timers);
      case SHARED_MEMORY -> SharedMemoryTransport.open(onHost(pool), config.copyThreads(), timers);
      case UCX -> UcxSupport.open(config, onHost(pool), timers);
      case TCP -> new TcpTransport(config.tcpConnectionsPerPeer(), dialer, windows, timers);
    };
  }

  private static HostKvPool onHost(KvPool pool) throws AttachException {
    return switch (pool) {
      case HostKvPool host -> host;
      case DeviceKvPool _ -> throw new AttachException("the pool is in device memory");
    };
  }

  private static DeviceKvPool onDevice(KvPool pool) throws AttachException {
    return switch (pool) {
      case HostKvPool _ -> throw new AttachException("the pool is in host memory");
      case DeviceKvPool device -> device;
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
