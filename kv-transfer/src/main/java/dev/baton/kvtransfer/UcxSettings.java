package dev.baton.kvtransfer;

import java.util.Map;

/**
 * @param requireRdmaDevice use UCX only on a host with an RDMA device; over TCP it emulates
 *     one-sided reads and is slower than the plain TCP transport
 * @param options settings of UCX by name without the {@code UCX_} prefix, such as {@code TLS} or
 *     {@code NET_DEVICES}
 */
public record UcxSettings(boolean requireRdmaDevice, Map<String, String> options) {
  public UcxSettings {
    options = Map.copyOf(options);
  }

  public static UcxSettings defaults() {
    return new UcxSettings(true, Map.of());
  }
}
