package dev.baton.kvtransfer.plane;

import dev.baton.kvtransfer.UcxSettings;
import java.util.List;
import java.util.Map;

/**
 * UCX as the tests use it: over loopback TCP, emulated, but every step of ours is the same as with
 * RDMA hardware; or, where {@code baton.test.rdma} names the address of an RDMA device, over that
 * with a worker's own settings.
 */
final class Ucx {
  private static final String RDMA = "baton.test.rdma";
  private static final String RDMA_ADDRESS = System.getProperty(RDMA, "");

  /** Where the holder listens. */
  static final String HOST = RDMA_ADDRESS.isEmpty() ? "127.0.0.1" : RDMA_ADDRESS;

  static final UcxSettings SETTINGS =
      RDMA_ADDRESS.isEmpty()
          ? new UcxSettings(false, Map.of("TLS", "tcp"))
          : new UcxSettings(true, Map.of("LOG_LEVEL", "info"));

  private Ucx() {}

  /** What makes another JVM use it the same way. */
  static List<String> jvmOptions() {
    return RDMA_ADDRESS.isEmpty() ? List.of() : List.of("-D" + RDMA + "=" + RDMA_ADDRESS);
  }
}
