package dev.baton.localstack.servers;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Optional;

/** Finds redis-server: the installed one, else the one that embedded-redis bundles. */
final class RedisBinary {
  private RedisBinary() {}

  static Path find() {
    return installed().orElseGet(RedisBinary::bundled);
  }

  private static Optional<Path> installed() {
    String path = System.getenv().getOrDefault("PATH", "/usr/bin");
    return Arrays.stream(path.split(File.pathSeparator))
        .filter(dir -> !dir.isEmpty())
        .map(dir -> Path.of(dir, "redis-server"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static Path bundled() {
    String name =
        switch (System.getProperty("os.arch")) {
          case "amd64", "x86_64" -> "redis-server-6.2.6-v5-linux-amd64";
          case "aarch64" -> "redis-server-6.2.7-linux-arm64";
          case String other ->
              throw new IllegalStateException(
                  "no bundled Redis for " + other + ": install redis-server");
        };
    Path target =
        Path.of(
            System.getProperty("java.io.tmpdir"), "baton-" + System.getProperty("user.name"), name);
    if (Files.isExecutable(target)) {
      return target;
    }
    try (InputStream in = RedisBinary.class.getResourceAsStream("/" + name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not on the class path");
      }
      Files.createDirectories(target.getParent());
      // Written aside and moved, so that a test in another process never runs half a file.
      Path partial = Files.createTempFile(target.getParent(), "redis", ".partial");
      Files.copy(in, partial, StandardCopyOption.REPLACE_EXISTING);
      Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rwxr-xr-x"));
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
      return target;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot unpack the bundled Redis", e);
    }
  }
}
