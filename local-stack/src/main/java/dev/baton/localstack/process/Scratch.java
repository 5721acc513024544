package dev.baton.localstack.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A directory for data that goes with its process. */
public record Scratch(Path directory) {
  /** A new one under the system's temporary directory. */
  public static Scratch create(String name) {
    try {
      return new Scratch(Files.createTempDirectory("baton-" + name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A new one under {@code parent}. */
  public static Scratch createIn(Path parent, String name) {
    try {
      Files.createDirectories(parent);
      return new Scratch(Files.createTempDirectory(parent, "baton-" + name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes it with everything in it; does nothing when it is gone. */
  public void delete() {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(directory)) {
      List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + directory, e);
    }
  }
}
