package dev.baton.contracts;

/** Where a worker's KV plane answers (handshake, leases and reads). */
public record KvEndpoint(String host, int port) {
  public KvEndpoint {
    Checks.name("KV host", host);
    Checks.range("KV port", port, 1, 65535);
  }
}
