package dev.baton.autoscaler.observe;

import dev.baton.contracts.Directory;
import dev.baton.contracts.MalformedRecordException;
import dev.baton.contracts.WireCodec;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Reads the registry's directory of workers. */
final class RegistryDirectory implements Source<WorkerReading>, AutoCloseable {
  private final HttpClient http;
  private final HttpRequest request;

  RegistryDirectory(URI registry, Duration timeout) {
    this.http = HttpClient.newBuilder().connectTimeout(timeout).build();
    String base = registry.toString();
    this.request =
        HttpRequest.newBuilder(
                URI.create(
                    (base.endsWith("/") ? base.substring(0, base.length() - 1) : base)
                        + "/internal/v1/workers"))
            .timeout(timeout)
            .build();
  }

  @Override
  public WorkerReading read() throws SourceUnavailableException {
    try {
      HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
      if (response.statusCode() != 200) {
        throw new IOException("status " + response.statusCode());
      }
      return WorkerReading.of(WireCodec.fromJson(response.body(), Directory.class));
    } catch (IOException | MalformedRecordException e) {
      String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new SourceUnavailableException("registry: " + reason, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SourceUnavailableException("registry: interrupted", e);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
