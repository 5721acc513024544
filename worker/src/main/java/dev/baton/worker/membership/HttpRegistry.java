package dev.baton.worker.membership;

import dev.baton.contracts.Directory;
import dev.baton.contracts.HeartbeatReply;
import dev.baton.contracts.LaneGrant;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.MalformedRecordException;
import dev.baton.contracts.WireCodec;
import dev.baton.contracts.WorkerHeartbeat;
import dev.baton.contracts.WorkerRegistration;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** The kv-registry over its internal HTTP API. */
public final class HttpRegistry implements Registry, AutoCloseable {
  private final URI base;
  private final Duration timeout;
  private final HttpClient http;

  /**
   * @param timeout of one call, connecting included
   */
  public HttpRegistry(URI base, Duration timeout) {
    this.base = base;
    this.timeout = timeout;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(timeout)
            .build();
  }

  @Override
  public LaneGrant register(WorkerRegistration registration)
      throws IOException, InterruptedException {
    return read(post("/internal/v1/workers", registration), LaneGrant.class);
  }

  @Override
  public HeartbeatReply heartbeat(WorkerHeartbeat beat) throws IOException, InterruptedException {
    return read(post("/internal/v1/heartbeats", beat), HeartbeatReply.class);
  }

  @Override
  public Directory directory() throws IOException, InterruptedException {
    return read(send(request("/internal/v1/workers").GET().build()), Directory.class);
  }

  @Override
  public void release(LaneRef lane) throws IOException, InterruptedException {
    String worker = URLEncoder.encode(lane.worker().value(), StandardCharsets.UTF_8);
    send(
        request("/internal/v1/workers/" + worker + "?epoch=" + lane.epoch().value())
            .DELETE()
            .build());
  }

  private byte[] post(String path, Object body) throws IOException, InterruptedException {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofByteArray(WireCodec.toJson(body)))
            .build());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(base.resolve(path)).timeout(timeout);
  }

  private byte[] send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
    if (response.statusCode() / 100 != 2) {
      throw new IOException(
          request.method()
              + " "
              + request.uri()
              + " was answered with "
              + response.statusCode()
              + ": "
              + new String(response.body(), StandardCharsets.UTF_8));
    }
    return response.body();
  }

  private static <T> T read(byte[] body, Class<T> type) throws IOException {
    try {
      return WireCodec.fromJson(body, type);
    } catch (MalformedRecordException e) {
      throw new IOException("the registry's answer is " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
