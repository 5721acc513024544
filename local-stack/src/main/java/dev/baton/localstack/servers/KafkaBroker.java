package dev.baton.localstack.servers;

import dev.baton.localstack.process.ManagedProcess;
import dev.baton.localstack.process.Ports;
import dev.baton.localstack.process.ProcessSpec;
import dev.baton.localstack.process.Readiness;
import dev.baton.localstack.process.StartFailedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * A Kafka broker that is its own KRaft controller, in a process of its own. Its data survives a
 * restart.
 */
public final class KafkaBroker implements AutoCloseable {
  /** Any valid id will do: each broker is a cluster of its own. */
  private static final String CLUSTER_ID = "bG9jYWxCYXRvblN0YWNrMQ";

  private final Settings settings;
  private final ManagedProcess process;

  /**
   * @param directory holds {@code server.properties} and the data
   * @param log the process's output
   * @param port of the clients; 0 for any free one
   * @param jvmOptions heap and the like
   */
  public record Settings(Path directory, Path log, int port, List<String> jvmOptions) {
    public static final List<String> SMALL_JVM =
        List.of(
            "-Xms96m",
            "-Xmx384m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:MaxDirectMemorySize=64m");

    public Settings {
      directory = directory.toAbsolutePath();
      jvmOptions = List.copyOf(jvmOptions);
    }

    Settings withPort(int chosen) {
      return new Settings(directory, log, chosen, jvmOptions);
    }
  }

  private KafkaBroker(Settings settings, ManagedProcess process) {
    this.settings = settings;
    this.process = process;
  }

  /** Starts the process and returns at once; {@link #awaitReady} tells when it serves. */
  public static KafkaBroker launch(Settings wanted) {
    Settings settings = wanted.withPort(Ports.orFree(wanted.port()));
    Path file = settings.directory().resolve("server.properties");
    try {
      Files.createDirectories(settings.directory());
      try (var out = Files.newBufferedWriter(file)) {
        properties(settings, Ports.free()).store(out, null);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(settings.jvmOptions());
    command.addAll(
        List.of(
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Djava.awt.headless=true",
            "-cp",
            KafkaFiles.classPath(),
            BrokerMain.class.getName(),
            file.toString(),
            CLUSTER_ID));
    return new KafkaBroker(
        settings,
        ManagedProcess.start(
            new ProcessSpec(
                "kafka",
                command,
                Map.of(),
                settings.directory(),
                settings.log(),
                Duration.ofSeconds(15))));
  }

  private static Properties properties(Settings settings, int controllerPort) {
    Properties properties = new Properties();
    try (var defaults = KafkaBroker.class.getResourceAsStream("broker.properties")) {
      if (defaults == null) {
        throw new IllegalStateException("broker.properties is not on the class path");
      }
      properties.load(defaults);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String controller = "127.0.0.1:" + controllerPort;
    String broker = "127.0.0.1:" + settings.port();
    properties.setProperty("controller.quorum.voters", "1@" + controller);
    properties.setProperty("listeners", "PLAINTEXT://" + broker + ",CONTROLLER://" + controller);
    properties.setProperty("advertised.listeners", "PLAINTEXT://" + broker);
    properties.setProperty("log.dirs", settings.directory().resolve("data").toString());
    return properties;
  }

  /**
   * Waits until the broker answers clients.
   *
   * @throws StartFailedException when it ends or is late
   */
  public void awaitReady(Duration deadline) {
    process.awaitReady(Readiness.port(settings.port()), deadline);
    KafkaTopics.awaitCluster(bootstrapServers());
  }

  /** Creates the topics that are missing. */
  public void createTopics(Map<String, Integer> partitionsByTopic) {
    KafkaTopics.create(bootstrapServers(), partitionsByTopic);
  }

  public String bootstrapServers() {
    return "127.0.0.1:" + settings.port();
  }

  public int port() {
    return settings.port();
  }

  public ManagedProcess process() {
    return process;
  }

  /** A new process on the same port with the same data; the old one must have ended. */
  public KafkaBroker relaunch() {
    return launch(settings);
  }

  @Override
  public void close() {
    process.close();
  }
}
