package dev.baton.autoscaler;

import com.sun.net.httpserver.HttpServer;
import dev.baton.contracts.Directory;
import dev.baton.contracts.WireCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;

/** Answers the directory as kv-registry-service does; 503 while it is told to be down. */
final class RegistryStandIn implements AutoCloseable {
  private final HttpServer server;
  private volatile Directory directory;
  private volatile boolean down;

  RegistryStandIn(Directory directory) throws IOException {
    this.directory = directory;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/internal/v1/workers",
        exchange -> {
          byte[] body = WireCodec.toJson(this.directory);
          exchange.sendResponseHeaders(down ? 503 : 200, down ? -1 : body.length);
          if (!down) {
            exchange.getResponseBody().write(body);
          }
          exchange.close();
        });
    server.start();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  void show(Directory workers) {
    this.directory = workers;
  }

  void down(boolean isDown) {
    this.down = isDown;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
