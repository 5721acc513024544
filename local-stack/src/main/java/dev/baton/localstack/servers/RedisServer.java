package dev.baton.localstack.servers;

import dev.baton.localstack.process.ManagedProcess;
import dev.baton.localstack.process.Ports;
import dev.baton.localstack.process.ProcessSpec;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A redis-server in a process of its own, without persistence: what it holds is rebuilt from the
 * workers' reports.
 */
public final class RedisServer implements AutoCloseable {
  private final Settings settings;
  private final ManagedProcess process;

  /**
   * @param directory working directory
   * @param log the process's output
   * @param port 0 for any free one
   */
  public record Settings(Path directory, Path log, int port) {
    public Settings {
      directory = directory.toAbsolutePath();
    }
  }

  private RedisServer(Settings settings, ManagedProcess process) {
    this.settings = settings;
    this.process = process;
  }

  /** Starts the process and returns at once; {@link #awaitReady} tells when it serves. */
  public static RedisServer launch(Settings wanted) {
    int port = Ports.orFree(wanted.port());
    Settings settings = new Settings(wanted.directory(), wanted.log(), port);
    List<String> command =
        List.of(
            RedisBinary.find().toString(),
            "--port",
            Integer.toString(port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no");
    return new RedisServer(
        settings,
        ManagedProcess.start(
            new ProcessSpec(
                "redis",
                command,
                Map.of(),
                settings.directory(),
                settings.log(),
                Duration.ofSeconds(5))));
  }

  /** Waits until the server answers PING. */
  public void awaitReady(Duration deadline) {
    process.awaitReady(this::answersPing, deadline);
  }

  private boolean answersPing() throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host(), port()), 1000);
      socket.setSoTimeout(1000);
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      byte[] reply = socket.getInputStream().readNBytes(5);
      return new String(reply, StandardCharsets.US_ASCII).equals("+PONG");
    }
  }

  public String host() {
    return "127.0.0.1";
  }

  public int port() {
    return settings.port();
  }

  public ManagedProcess process() {
    return process;
  }

  /** A new, empty server on the same port; the old one must have ended. */
  public RedisServer relaunch() {
    return launch(settings);
  }

  @Override
  public void close() {
    process.close();
  }
}
