package dev.baton.kvtransfer;

import java.util.Map;

/**
 * How to use UCX.
 *
 * @param requireRdmaDevice use UCX only where a network card answers remote reads by itself. Over
 *     TCP UCX emulates them, slower than the plain TCP transport, and the holder's process ends
 *     when a reader vanishes in the middle: false is for tests on hosts without such a card
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
