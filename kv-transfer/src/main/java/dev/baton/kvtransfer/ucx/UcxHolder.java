package dev.baton.kvtransfer.ucx;

import dev.baton.kvtransfer.HostKvPool;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.openucx.jucx.UcxException;
import org.openucx.jucx.ucp.UcpConnectionRequest;
import org.openucx.jucx.ucp.UcpEndpoint;
import org.openucx.jucx.ucp.UcpEndpointParams;
import org.openucx.jucx.ucp.UcpListener;
import org.openucx.jucx.ucp.UcpListenerParams;
import org.openucx.jucx.ucp.UcpMemMapParams;
import org.openucx.jucx.ucp.UcpMemory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The holder's end: the pool registered for remote reads, and endpoints to those who read. */
final class UcxHolder {
  private static final Logger log = LoggerFactory.getLogger(UcxHolder.class);

  private final UcxAgent agent;
  private final UcpMemory memory;
  private final UcpListener listener;
  private final Set<UcpEndpoint> readers = new HashSet<>();
  private boolean closed;

  /** Before the agent starts. */
  UcxHolder(UcxAgent agent, HostKvPool pool, String bindHost) {
    this.agent = agent;
    this.memory =
        agent
            .context()
            .memoryMap(
                new UcpMemMapParams()
                    .setAddress(pool.memory().address())
                    .setLength(pool.bytes())
                    .nonBlocking());
    this.listener =
        agent
            .worker()
            .newListener(
                new UcpListenerParams()
                    .setSockAddr(new InetSocketAddress(bindHost, 0))
                    .setConnectionHandler(this::accept));
  }

  int port() {
    return listener.getAddress().getPort();
  }

  byte[] remoteKey() {
    ByteBuffer packed = memory.getRemoteKeyBuffer();
    byte[] bytes = new byte[packed.remaining()];
    packed.get(bytes);
    return bytes;
  }

  private void accept(UcpConnectionRequest request) {
    // Both ends must run in the same error mode, or a dead reader is never noticed here.
    agent.submit(() -> {
      if (closed) {
        return;
      }
      try {
        readers.add(
            agent
                .worker()
                .newEndpoint(
                    new UcpEndpointParams()
                        .setConnectionRequest(request)
                        .setPeerErrorHandlingMode()
                        .setErrorHandler((reader, _, _) -> drop(reader))));
      } catch (UcxException e) {
        log.warn("A reader could not connect over UCX: {}", e.getMessage());
      }
    });
  }

  private void drop(UcpEndpoint reader) {
    agent.submit(() -> {
      if (readers.remove(reader)) {
        reader.closeNonBlockingForce();
      }
    });
  }

  /** On the agent's thread, before it ends. */
  void close() {
    closed = true;
    listener.close();
    readers.forEach(UcpEndpoint::closeNonBlockingForce);
    readers.clear();
    memory.close();
  }
}
