package dev.baton.localstack.servers;

import dev.baton.localstack.process.Scratch;
import java.time.Duration;
import org.testcontainers.containers.GenericContainer;

/**
 * A real Redis for tests: a container where a Docker engine answers, else a process on a free port.
 * Use with try-with-resources, or start in {@code @BeforeAll} and close in {@code @AfterAll}.
 */
public sealed interface RealRedis extends AutoCloseable {
  String host();

  int port();

  @Override
  void close();

  /** Starts an empty server and waits until it answers. */
  static RealRedis start() {
    if (DockerEngine.answers()) {
      GenericContainer<?> container =
          new GenericContainer<>("redis:7.2-alpine").withExposedPorts(Contained.PORT);
      if (DockerEngine.tryStart(container)) {
        return new Contained(container);
      }
    }
    Scratch scratch = Scratch.create("redis");
    RedisServer server =
        RedisServer.launch(
            new RedisServer.Settings(
                scratch.directory(), scratch.directory().resolve("redis.log"), 0));
    server.awaitReady(Duration.ofSeconds(30));
    return new Local(server, scratch);
  }

  record Contained(GenericContainer<?> container) implements RealRedis {
    static final int PORT = 6379;

    @Override
    public String host() {
      return container.getHost();
    }

    @Override
    public int port() {
      return container.getMappedPort(PORT);
    }

    @Override
    public void close() {
      container.close();
    }
  }

  record Local(RedisServer server, Scratch scratch) implements RealRedis {
    @Override
    public String host() {
      return server.host();
    }

    @Override
    public int port() {
      return server.port();
    }

    @Override
    public void close() {
      server.close();
      scratch.delete();
    }
  }
}
