package dev.baton.localstack.stack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a running stack tells other processes, as {@code run/stack.json} in its directory.
 *
 * @param supervisor process id of the JVM that runs the stack
 * @param ready whether every component has become ready
 * @param routerUrl base address of the public API
 * @param scratch directory outside the stack's own that goes with it: the KV pools
 * @param components in start order
 */
public record StackState(
    long supervisor, boolean ready, String routerUrl, String scratch, List<Component> components) {
  private static final JsonMapper JSON = JsonMapper.shared();

  /**
   * @param pid 0 before the process exists
   * @param startedAt start of that process, milliseconds since the epoch; tells a reused id from
   *     the original
   * @param port 0 where there is none yet
   * @param seconds time in this state or, once ready, the time that the start took
   */
  public record Component(
      String name,
      ComponentStatus.State state,
      double seconds,
      long pid,
      long startedAt,
      int port,
      String log) {}

  private static Path file(Path directory) {
    return directory.resolve("run/stack.json");
  }

  /** The state of the stack in this directory, running or left behind; empty when there is none. */
  public static Optional<StackState> read(Path directory) {
    try {
      return Optional.of(JSON.readValue(Files.readString(file(directory)), StackState.class));
    } catch (IOException | JacksonException absentOrForeign) {
      return Optional.empty();
    }
  }

  void write(Path directory) {
    Path file = file(directory);
    try {
      Files.createDirectories(file.getParent());
      Path partial = file.resolveSibling("stack.json.partial");
      Files.writeString(partial, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this));
      Files.move(
          partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  static void delete(Path directory) {
    try {
      Files.deleteIfExists(file(directory));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
