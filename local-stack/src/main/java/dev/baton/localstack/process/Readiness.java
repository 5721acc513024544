package dev.baton.localstack.process;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * Tells whether a process can serve; must answer within a few seconds. An exception means "not
 * yet".
 */
@FunctionalInterface
public interface Readiness {
  boolean isReady() throws IOException, InterruptedException;

  /** Ready once something listens on the port of the loopback address. */
  static Readiness port(int port) {
    return () -> {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
        return true;
      }
    };
  }

  /** Ready once a GET answers 200. */
  static Readiness http(HttpClient client, URI address) {
    HttpRequest request =
        HttpRequest.newBuilder(address).timeout(Duration.ofSeconds(3)).GET().build();
    return () -> client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
  }
}
