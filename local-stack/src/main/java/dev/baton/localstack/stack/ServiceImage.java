package dev.baton.localstack.stack;

import dev.baton.localstack.process.ManagedProcess;
import dev.baton.localstack.process.ProcessSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * A service made ready for quick starts: its jar unpacked (a nested jar starts slower and cannot
 * have an AOT cache) and an ahead-of-time cache trained on it (JEP 483, 514). Kept under {@code
 * .baton/apps} and made anew when the jar changes.
 */
final class ServiceImage {
  private static final Duration TOOL_DEADLINE = Duration.ofSeconds(120);
  private static final String CACHE = "app.aot";

  private final ServiceKind kind;
  private final Path source;
  private final Path directory;

  private ServiceImage(ServiceKind kind, Path source, Path directory) {
    this.kind = kind;
    this.source = source;
    this.directory = directory;
  }

  /**
   * @throws IllegalStateException when the service has not been built
   */
  static ServiceImage of(Path home, ServiceKind kind) {
    Path target = home.resolve(kind.module()).resolve("target");
    return new ServiceImage(
        kind, findJar(target, kind), home.resolve(".baton/apps").resolve(kind.module()));
  }

  private static Path findJar(Path target, ServiceKind kind) {
    if (Files.isDirectory(target)) {
      try (Stream<Path> files = Files.list(target)) {
        var jar =
            files.filter(file -> file.getFileName().toString().endsWith("-app.jar")).findFirst();
        if (jar.isPresent()) {
          return jar.get();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    throw new IllegalStateException(
        "%s is not built: no *-app.jar in %s".formatted(kind.module(), target));
  }

  /**
   * Brings the image up to date. Several stacks may ask at once; one does the work.
   *
   * @param training arguments that let the service's context start without any other process
   */
  void prepare(List<String> training) {
    try {
      Files.createDirectories(directory.getParent());
      Path lockFile = directory.resolveSibling(kind.module() + ".lock");
      try (FileChannel channel =
              FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock held = channel.lock()) {
        if (held.isValid() && !isFresh()) {
          unpack();
          if (train(training)) {
            Files.writeString(stamp(), fingerprint());
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot prepare " + kind.module(), e);
    }
  }

  boolean isFresh() {
    try {
      return Files.exists(stamp()) && Files.readString(stamp()).equals(fingerprint());
    } catch (IOException e) {
      return false;
    }
  }

  private String fingerprint() throws IOException {
    return "%s %d %d %s %s"
        .formatted(
            source,
            Files.size(source),
            Files.getLastModifiedTime(source).toMillis(),
            Runtime.version(),
            kind.jvmOptions());
  }

  private Path stamp() {
    return directory.resolve("stamp");
  }

  private void unpack() throws IOException {
    Files.deleteIfExists(stamp());
    Files.deleteIfExists(directory.resolve(CACHE));
    run(
        List.of(
            "-Djarmode=tools",
            "-jar",
            source.toString(),
            "extract",
            "--force",
            "--destination",
            directory.toString()),
        true);
  }

  private boolean train(List<String> training) throws IOException {
    List<String> arguments = new ArrayList<>(kind.jvmOptions());
    arguments.add("-XX:AOTCacheOutput=" + directory.resolve(CACHE));
    arguments.add("-Dspring.context.exit=onRefresh");
    arguments.add("-jar");
    arguments.add(jar().toString());
    arguments.addAll(training);
    return run(arguments, false);
  }

  /**
   * A failed training costs start-up time only, so it is not fatal: its log stays, and the next
   * start tries again.
   */
  private boolean run(List<String> arguments, boolean mustSucceed) throws IOException {
    List<String> command = new ArrayList<>(List.of(java()));
    command.addAll(arguments);
    Path log = directory.resolveSibling(kind.module() + ".prepare.log");
    Files.deleteIfExists(log);
    try (ManagedProcess tool =
        ManagedProcess.start(
            new ProcessSpec(
                "preparation of " + kind.module(),
                command,
                Map.of(),
                directory,
                log,
                Duration.ofSeconds(1)))) {
      tool.onExit().get(TOOL_DEADLINE.toSeconds(), TimeUnit.SECONDS);
      boolean succeeded = tool.exitStatus().equals(Optional.of(0));
      if (mustSucceed && !succeeded) {
        throw new IOException(
            "unpacking failed, see " + log + System.lineSeparator() + tool.logTail());
      }
      return succeeded;
    } catch (TimeoutException | ExecutionException e) {
      if (mustSucceed) {
        throw new IOException("unpacking took too long, see " + log, e);
      }
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private Path jar() {
    return directory.resolve(source.getFileName());
  }

  /** The start of the command line: JVM, cache, options, jar. The service's arguments follow. */
  List<String> command(List<String> extraJvmOptions) {
    List<String> command = new ArrayList<>();
    command.add(java());
    command.addAll(kind.jvmOptions());
    if (Files.exists(directory.resolve(CACHE))) {
      command.add("-XX:AOTCache=" + directory.resolve(CACHE));
    }
    command.addAll(extraJvmOptions);
    command.add("-jar");
    command.add(jar().toString());
    return List.copyOf(command);
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }
}
