package dev.baton.localstack.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Memory of a process and everything below it, from {@code /proc}. */
public final class ProcessTree {
  private ProcessTree() {}

  /**
   * Resident bytes of the process and its descendants. Pages that two of them share count twice, so
   * this is an upper bound.
   */
  public static long residentBytes(long root) {
    return ProcessHandle.of(root).stream()
        .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
        .mapToLong(process -> residentBytesOf(process.pid()))
        .sum();
  }

  /** Resident bytes of one process, 0 when it is gone. */
  public static long residentBytesOf(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .sum();
    } catch (IOException gone) {
      return 0;
    }
  }
}
