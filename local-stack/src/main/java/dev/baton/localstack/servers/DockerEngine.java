package dev.baton.localstack.servers;

import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;

/** The one place that decides between containers and processes. */
final class DockerEngine {
  private static final Logger log = LoggerFactory.getLogger(DockerEngine.class);

  private DockerEngine() {}

  private static final class Answer {
    static final boolean AVAILABLE = ask();

    private static boolean ask() {
      boolean mayBeThere =
          System.getenv("DOCKER_HOST") != null || Files.exists(Path.of("/var/run/docker.sock"));
      return mayBeThere && DockerClientFactory.instance().isDockerAvailable();
    }
  }

  /** Whether an engine answers; asked once. */
  static boolean answers() {
    return Answer.AVAILABLE;
  }

  /**
   * Starts the container where an engine answers and has or gets its image.
   *
   * @return false when a process must do instead
   */
  static boolean tryStart(GenericContainer<?> container) {
    try {
      container.start();
      return true;
    } catch (RuntimeException e) {
      log.warn(
          "no container of {}, using a local process: {}",
          container.getDockerImageName(),
          e.toString());
      container.close();
      return false;
    }
  }
}
