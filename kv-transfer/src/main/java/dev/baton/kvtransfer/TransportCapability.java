package dev.baton.kvtransfer;

/** Whether this process can use a transport, and if not, why not. */
public sealed interface TransportCapability {
  TransportKind kind();

  /** {@code detail} says what was found: devices, versions, ports. */
  record Available(TransportKind kind, String detail) implements TransportCapability {}

  record Unavailable(TransportKind kind, String reason) implements TransportCapability {}
}
