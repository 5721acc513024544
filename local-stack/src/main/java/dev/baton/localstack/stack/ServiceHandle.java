package dev.baton.localstack.stack;

import dev.baton.localstack.process.ManagedProcess;
import dev.baton.localstack.process.ProcessSpec;
import dev.baton.localstack.process.Readiness;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One service of the stack: its process may be killed and started again, its name and port stay.
 * Thread-safe.
 */
public final class ServiceHandle implements AutoCloseable {
  private static final Duration STOP_GRACE = Duration.ofSeconds(15);

  private final ServiceKind kind;
  private final String name;
  private final int port;
  private final List<String> command;
  private final Path directory;
  private final Path log;
  private final StackBoard board;
  private final HttpClient http;
  private @Nullable ManagedProcess process;

  ServiceHandle(
      ServiceKind kind,
      String name,
      int port,
      List<String> command,
      StackSpec spec,
      StackBoard board,
      HttpClient http) {
    this.kind = kind;
    this.name = name;
    this.port = port;
    this.command = List.copyOf(command);
    this.directory = spec.directory().resolve("run").resolve(name);
    this.log = spec.directory().resolve("logs").resolve(name + ".log");
    this.board = board;
    this.http = http;
  }

  public ServiceKind kind() {
    return kind;
  }

  /** As in {@code decode-2}; the worker's id, for a worker. */
  public String name() {
    return name;
  }

  /** Base address, as in {@code http://127.0.0.1:8080}. */
  public URI uri() {
    return URI.create("http://127.0.0.1:" + port);
  }

  public Path log() {
    return log;
  }

  /**
   * @throws IllegalStateException when it was never started
   */
  public synchronized ManagedProcess process() {
    if (process == null) {
      throw new IllegalStateException(name + " has not been started");
    }
    return process;
  }

  /** Starts a process in place of one that has ended; {@link #awaitReady} tells when it serves. */
  public synchronized void start() {
    if (process != null && process.isAlive()) {
      throw new IllegalStateException(name + " is running");
    }
    process =
        ManagedProcess.start(new ProcessSpec(name, command, Map.of(), directory, log, STOP_GRACE));
    board.starting(name, process, port);
  }

  /** Waits until the service reports that it can serve. */
  public void awaitReady(Duration deadline) {
    try {
      process()
          .awaitReady(Readiness.http(http, uri().resolve("/actuator/health/readiness")), deadline);
      board.set(name, ComponentStatus.State.READY);
    } catch (RuntimeException e) {
      // An interrupt means that another component failed, or that somebody pressed Ctrl-C.
      boolean failed = !Thread.currentThread().isInterrupted();
      board.set(name, failed ? ComponentStatus.State.FAILED : ComponentStatus.State.STOPPED);
      throw e;
    }
  }

  /** SIGKILL; returns once the process is gone. */
  public void kill() {
    process().kill();
    board.set(name, ComponentStatus.State.STOPPED);
  }

  /** SIGTERM, and SIGKILL after fifteen seconds; does nothing to a service that is not running. */
  @Override
  public synchronized void close() {
    if (process != null && process.isAlive()) {
      board.set(name, ComponentStatus.State.STOPPING);
      process.close();
      board.set(name, ComponentStatus.State.STOPPED);
    }
  }
}
