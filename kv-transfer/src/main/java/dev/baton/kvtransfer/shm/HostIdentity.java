package dev.baton.kvtransfer.shm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Tells hosts apart by the kernel's boot id. Equal ids mean the same running kernel, not that a
 * path leads to the same file: containers see other file systems. The nonce in the pool's trailer
 * proves that.
 */
final class HostIdentity {
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private HostIdentity() {}

  static String read() throws IOException {
    return Files.readString(BOOT_ID).strip();
  }
}
