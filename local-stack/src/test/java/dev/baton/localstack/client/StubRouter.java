package dev.baton.localstack.client;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * An HTTP server that answers every analysis with the same bytes, to test what the client makes of
 * them.
 */
public final class StubRouter implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch closing = new CountDownLatch(1);

  private StubRouter(HttpServer server) {
    this.server = server;
  }

  public static StubRouter answering(int status, String body) throws IOException {
    return create(status, body, false);
  }

  /** Sends the body and then neither more nor the end. */
  public static StubRouter hangingAfter(String body) throws IOException {
    return create(200, body, true);
  }

  private static StubRouter create(int status, String body, boolean hang) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    StubRouter stub = new StubRouter(server);
    server.setExecutor(stub.threads);
    server.createContext(
        "/v1/deals/analyses",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(status, 0);
          try (var out = exchange.getResponseBody()) {
            out.write(body.getBytes(StandardCharsets.UTF_8));
            out.flush();
            if (hang) {
              stub.closing.await(60, TimeUnit.SECONDS);
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    server.start();
    return stub;
  }

  public URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
