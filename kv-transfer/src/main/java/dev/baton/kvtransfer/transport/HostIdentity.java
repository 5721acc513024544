package dev.baton.kvtransfer.transport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Tells hosts apart by the kernel's boot id. Equal ids mean the same running kernel, not that a
 * path leads to the same file or that the same devices are there: containers see others.
 */
public final class HostIdentity {
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private HostIdentity() {}

  public static String read() throws IOException {
    return Files.readString(BOOT_ID).strip();
  }
}
