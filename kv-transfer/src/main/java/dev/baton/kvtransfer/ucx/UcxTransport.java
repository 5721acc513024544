package dev.baton.kvtransfer.ucx;

import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.UcxSettings;
import dev.baton.kvtransfer.transport.AttachException;
import dev.baton.kvtransfer.transport.BlockReader;
import dev.baton.kvtransfer.transport.RemotePool;
import dev.baton.kvtransfer.transport.Timers;
import dev.baton.kvtransfer.transport.Transport;
import dev.baton.kvtransfer.wire.MalformedFrameException;
import dev.baton.kvtransfer.wire.PayloadReader;
import dev.baton.kvtransfer.wire.PayloadWriter;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.openucx.jucx.ucp.UcpContext;
import org.openucx.jucx.ucp.UcpParams;

/** One-sided gets through UCX. Loaded by {@link UcxSupport} only. */
final class UcxTransport implements Transport {
  private final UcxAgent agent;
  private final UcxHolder holder;
  private final HostKvPool pool;
  private final byte[] advert;
  private final int port;
  private final ExecutorService verifiers;
  private final Set<UcxReader> readers = ConcurrentHashMap.newKeySet();
  private final Timers timers;

  private UcxTransport(
      UcxAgent agent, UcxHolder holder, HostKvPool pool, int copyThreads, Timers timers) {
    this.agent = agent;
    this.holder = holder;
    this.pool = pool;
    this.port = holder.port();
    this.advert =
        new PayloadWriter()
            .int32(port)
            .int64(pool.memory().address())
            .bytes(holder.remoteKey())
            .payload();
    this.timers = timers;
    this.verifiers =
        Executors.newFixedThreadPool(
            copyThreads, Thread.ofPlatform().name("kv-verify-", 0).daemon().factory());
  }

  static UcxTransport open(KvPlaneConfig config, HostKvPool pool, Timers timers) {
    UcpParams params = new UcpParams().requestRmaFeature().requestWakeupFeature();
    options(config.ucx()).forEach(params::setConfig);
    UcxAgent agent = new UcxAgent(new UcpContext(params));
    UcxHolder holder = new UcxHolder(agent, pool, config.bindHost());
    UcxTransport transport = new UcxTransport(agent, holder, pool, config.copyThreads(), timers);
    agent.start();
    return transport;
  }

  private static Map<String, String> options(UcxSettings settings) {
    Map<String, String> options = new HashMap<>();
    // Whatever goes wrong reaches us through callbacks as well.
    options.put("LOG_LEVEL", "fatal");
    if (settings.requireRdmaDevice()) {
      // Transports whose reads the network card answers. Where the holder's UCX must answer them it
      // ends the process when the reader has gone (ucp_get_req_handler, seen with 1.13.1).
      options.put("TLS", "rc,dc");
    }
    options.putAll(settings.options());
    return options;
  }

  @Override
  public TransportKind kind() {
    return TransportKind.UCX;
  }

  @Override
  public String detail() {
    return "listening on port " + port;
  }

  @Override
  public byte[] advert() {
    return advert;
  }

  @Override
  public BlockReader attach(RemotePool remote, byte[] remoteAdvert, Deadline deadline)
      throws AttachException {
    UcxReader reader = reader(remote, remoteAdvert);
    String reason;
    try {
      Optional<String> failure =
          reader.connect().get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
      if (failure.isEmpty()) {
        return reader;
      }
      reason = failure.get();
    } catch (TimeoutException _) {
      reason = "no connection in time";
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      reason = "interrupted";
    } catch (ExecutionException e) {
      reason = String.valueOf(e.getCause());
    }
    reader.abort(reason);
    throw new AttachException(reason);
  }

  private UcxReader reader(RemotePool remote, byte[] remoteAdvert) throws AttachException {
    try {
      PayloadReader in = new PayloadReader(ByteBuffer.wrap(remoteAdvert));
      InetSocketAddress address = new InetSocketAddress(remote.endpoint().host(), in.int32());
      long memory = in.int64();
      byte[] key = in.bytes();
      return new UcxReader(
          readers,
          agent,
          address,
          ByteBuffer.allocateDirect(key.length).put(key).flip(),
          new UcxRead.RemoteMemory(memory, remote.blockBytes()),
          pool,
          verifiers,
          timers);
    } catch (MalformedFrameException | IllegalArgumentException e) {
      throw new AttachException("unreadable advert: " + e.getMessage(), e);
    }
  }

  @Override
  public void moveTo(long epoch) {
    // Memory has no epoch: the digest is the guard of a read that comes too late.
  }

  @Override
  public void close() {
    agent.stop(
        () -> List.copyOf(readers).forEach(reader -> reader.giveUp("the plane is closed")),
        () -> readers.stream().allMatch(UcxReader::idle),
        holder::close);
    verifiers.shutdown();
  }
}
