package dev.baton.localstack.process;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * One child process with a log file. It dies with this process, however that ends. All methods may
 * be called from any thread; {@link #close()} is idempotent and returns once the child is gone.
 */
public final class ManagedProcess implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration KILL_DEADLINE = Duration.ofSeconds(10);
  private static final int TAIL_BYTES = 65_536;
  private static final int TAIL_LINES = 30;
  private static final Pattern FRAME = Pattern.compile("^\\s+(at |\\.\\.\\. \\d+ )");

  /** The death signal is bound to the thread that forks: one that lives as long as the process. */
  private static final ExecutorService FORKER =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("process-starter").factory());

  private final ProcessSpec spec;
  private final Process process;

  private ManagedProcess(ProcessSpec spec, Process process) {
    this.spec = spec;
    this.process = process;
  }

  /** Starts the process; does not wait until it is ready. */
  public static ManagedProcess start(ProcessSpec spec) {
    return new ManagedProcess(spec, CompletableFuture.supplyAsync(() -> fork(spec), FORKER).join());
  }

  private static Process fork(ProcessSpec spec) {
    try {
      Files.createDirectories(spec.directory());
      Files.createDirectories(spec.log().toAbsolutePath().getParent());
      ProcessBuilder builder =
          new ProcessBuilder(ParentDeath.wrap(spec.command()))
              .directory(spec.directory().toFile())
              .redirectErrorStream(true)
              .redirectInput(new File("/dev/null"))
              .redirectOutput(ProcessBuilder.Redirect.appendTo(spec.log().toFile()));
      builder.environment().putAll(spec.environment());
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + spec.name() + ": " + e.getMessage(), e);
    }
  }

  /**
   * Waits until {@code readiness} holds.
   *
   * @throws StartFailedException when the process ends or the deadline passes first; the process is
   *     stopped then
   */
  public void awaitReady(Readiness readiness, Duration deadline) {
    long end = System.nanoTime() + deadline.toNanos();
    try {
      while (true) {
        if (!process.isAlive()) {
          throw new StartFailedException(
              "%s ended with status %d before it was ready%n%s"
                  .formatted(spec.name(), process.exitValue(), explainLog()));
        }
        if (holds(readiness)) {
          return;
        }
        if (System.nanoTime() - end >= 0) {
          close();
          throw new StartFailedException(
              "%s was not ready within %d s%n%s"
                  .formatted(spec.name(), deadline.toSeconds(), explainLog()));
        }
        process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new StartFailedException("interrupted while waiting for " + spec.name(), e);
    }
  }

  private static boolean holds(Readiness readiness) throws InterruptedException {
    try {
      return readiness.isReady();
    } catch (IOException notYet) {
      return false;
    }
  }

  public String name() {
    return spec.name();
  }

  public long pid() {
    return process.pid();
  }

  /** When the process started, milliseconds since the epoch; 0 when the kernel does not say. */
  public long startedAt() {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  public Path log() {
    return spec.log();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /**
   * The exit status; empty while it runs. A process that a signal ended has 128 + the signal's
   * number.
   */
  public Optional<Integer> exitStatus() {
    return process.isAlive() ? Optional.empty() : Optional.of(process.exitValue());
  }

  /** Completes when the process ends. */
  public CompletableFuture<ManagedProcess> onExit() {
    return process.onExit().thenApply(ended -> this);
  }

  /** SIGKILL, then waits until the process is gone. */
  public void kill() {
    process.destroyForcibly();
    if (!waitFor(KILL_DEADLINE)) {
      throw new IllegalStateException(
          "%s (pid %d) survived SIGKILL".formatted(spec.name(), process.pid()));
    }
  }

  /** SIGTERM, and SIGKILL when the process is still there after its grace. */
  @Override
  public void close() {
    process.destroy();
    if (!waitFor(spec.stopGrace())) {
      kill();
    }
  }

  private boolean waitFor(Duration limit) {
    boolean interrupted = false;
    long end = System.nanoTime() + limit.toNanos();
    try {
      while (true) {
        try {
          return process.waitFor(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private String explainLog() {
    return "The end of %s:%n%s".formatted(spec.log(), logTail());
  }

  /** The last lines of the log without the frames of stack traces, at most thirty. */
  public String logTail() {
    try (RandomAccessFile file = new RandomAccessFile(spec.log().toFile(), "r")) {
      long from = Math.max(0, file.length() - TAIL_BYTES);
      file.seek(from);
      byte[] bytes = new byte[(int) (file.length() - from)];
      file.readFully(bytes);
      List<String> lines =
          new String(bytes, StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isBlank() && !FRAME.matcher(line).find())
              .toList();
      return String.join(
          System.lineSeparator(),
          lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
    } catch (IOException e) {
      return "(cannot be read: " + e.getMessage() + ")";
    }
  }
}
