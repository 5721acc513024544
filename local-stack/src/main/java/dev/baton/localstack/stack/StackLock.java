package dev.baton.localstack.stack;

import dev.baton.localstack.process.Scratch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to run a stack in a directory. The kernel gives it back when the holder dies, so a
 * state file without a held lock was left by a crash; what that stack left behind is cleared away.
 */
final class StackLock implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(StackLock.class);
  private static final Duration KILL_DEADLINE = Duration.ofSeconds(10);

  /** Tolerance between the start time that was recorded and the one the kernel reports. */
  private static final long SAME_START_MILLIS = 2000;

  private final FileChannel channel;

  private StackLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * @throws AlreadyRunningException when another stack holds the directory
   */
  static StackLock acquire(Path directory) {
    try {
      Path file = directory.resolve("run/lock");
      Files.createDirectories(file.getParent());
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!tryLock(channel)) {
        channel.close();
        throw new AlreadyRunningException(directory);
      }
      StackState.read(directory).ifPresent(StackLock::clearAway);
      StackState.delete(directory);
      return new StackLock(channel);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot lock " + directory, e);
    }
  }

  /** Whether some process runs a stack in this directory. */
  static boolean isHeld(Path directory) {
    Path file = directory.resolve("run/lock");
    if (!Files.exists(file)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      return !tryLock(channel);
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException heldByThisProcess) {
      return false;
    }
  }

  private static void clearAway(StackState left) {
    for (StackState.Component component : left.components()) {
      if (component.pid() > 0) {
        ProcessHandle.of(component.pid())
            .filter(process -> isSame(process, component))
            .ifPresent(process -> kill(process, component.name()));
      }
    }
    if (!left.scratch().isEmpty()) {
      new Scratch(Path.of(left.scratch())).delete();
    }
  }

  private static boolean isSame(ProcessHandle process, StackState.Component component) {
    return process
        .info()
        .startInstant()
        .filter(start -> Math.abs(start.toEpochMilli() - component.startedAt()) < SAME_START_MILLIS)
        .isPresent();
  }

  private static void kill(ProcessHandle process, String name) {
    log.warn("killing {} (pid {}), left by a stack that crashed", name, process.pid());
    process.destroyForcibly();
    try {
      process.onExit().get(KILL_DEADLINE.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      throw new IllegalStateException(
          "%s (pid %d) survived SIGKILL".formatted(name, process.pid()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
