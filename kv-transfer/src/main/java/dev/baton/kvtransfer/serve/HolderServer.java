package dev.baton.kvtransfer.serve;

import dev.baton.kvtransfer.transport.Quietly;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts peers' connections, a virtual thread each, up to a limit. */
public final class HolderServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HolderServer.class);
  private static final int BACKLOG = 1024;
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  private final HolderState state;
  private final ServerSocketChannel listener;
  private final Map<SocketChannel, Thread> connections = new ConcurrentHashMap<>();

  private HolderServer(HolderState state, ServerSocketChannel listener) {
    this.state = state;
    this.listener = listener;
  }

  /**
   * Binds and starts to accept.
   *
   * @throws IOException when the address cannot be bound
   */
  public static HolderServer start(HolderState state) throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open();
    try {
      listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      listener.bind(new InetSocketAddress(state.config.bindHost(), state.config.port()), BACKLOG);
    } catch (IOException | RuntimeException e) {
      listener.close();
      throw new IOException(
          "cannot listen on " + state.config.bindHost() + ":" + state.config.port() + ": " + e, e);
    }
    HolderServer server = new HolderServer(state, listener);
    Thread.ofVirtual().name("kv-accept").start(server::accept);
    return server;
  }

  public int port() {
    return listener.socket().getLocalPort();
  }

  private void accept() {
    while (listener.isOpen()) {
      try {
        serve(listener.accept());
      } catch (ClosedChannelException _) {
        return;
      } catch (IOException e) {
        // Out of file descriptors, most likely: let connections end before trying again.
        log.warn("Cannot accept a connection: {}", e.toString());
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
      }
    }
  }

  private void serve(SocketChannel channel) {
    if (connections.size() >= state.config.maxConnections()) {
      log.warn("Turned a connection away: {} are open", connections.size());
      Quietly.close(channel);
      return;
    }
    HolderConnection connection = new HolderConnection(state, channel);
    Thread server =
        Thread.ofVirtual()
            .name("kv-serve")
            .unstarted(() -> {
              try {
                connection.run();
              } finally {
                Quietly.close(channel);
                connections.remove(channel);
              }
            });
    connections.put(channel, server);
    server.start();
    if (!listener.isOpen()) {
      Quietly.close(channel);
    }
  }

  /** Closes everything and waits until nothing reads the pool's memory any more. */
  @Override
  public void close() {
    Quietly.close(listener);
    Map<SocketChannel, Thread> open = Map.copyOf(connections);
    open.keySet().forEach(Quietly::close);
    try {
      for (Thread server : open.values()) {
        if (!server.join(CLOSE_PATIENCE)) {
          log.error("A connection still runs although it is closed");
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
