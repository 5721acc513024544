package dev.baton.worker.boot;

import java.net.URI;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.event.EventListener;

/** Where this worker's HTTP API answers, known once the web server listens. */
final class HttpAddress {
  private final String host;
  private volatile int port;

  HttpAddress(String host) {
    this.host = host;
  }

  @EventListener
  void listening(WebServerInitializedEvent event) {
    if (event.getApplicationContext().getServerNamespace() == null) {
      port = event.getWebServer().getPort();
    }
  }

  URI uri() {
    if (port == 0) {
      throw new IllegalStateException("the web server does not listen yet");
    }
    return URI.create("http://" + host + ":" + port);
  }
}
