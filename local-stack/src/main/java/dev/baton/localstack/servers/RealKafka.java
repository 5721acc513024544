package dev.baton.localstack.servers;

import dev.baton.contracts.Topics;
import dev.baton.localstack.process.Scratch;
import java.time.Duration;
import java.util.Map;
import org.testcontainers.kafka.KafkaContainer;

/**
 * A real Kafka for tests, with every topic of {@link Topics}: a container where a Docker engine
 * answers, else a process on a free port. It takes four to eight seconds to start: share one over
 * the tests of a class.
 */
public sealed interface RealKafka extends AutoCloseable {
  String bootstrapServers();

  @Override
  void close();

  /** Creates the topics that are missing, unreplicated; brokers create none by themselves. */
  default void createTopics(Map<String, Integer> partitionsByTopic) {
    KafkaTopics.create(bootstrapServers(), partitionsByTopic);
  }

  /** Starts an empty broker, waits until it answers, and creates the platform's topics. */
  static RealKafka start() {
    RealKafka kafka = startEmpty();
    kafka.createTopics(Topics.partitions());
    return kafka;
  }

  private static RealKafka startEmpty() {
    if (DockerEngine.answers()) {
      KafkaContainer container =
          new KafkaContainer("apache/kafka:4.2.1")
              .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
              .withEnv("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR", "1")
              .withEnv("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR", "1")
              .withEnv("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_NUM_PARTITIONS", "1")
              .withEnv("KAFKA_GROUP_SHARE_MIN_RECORD_LOCK_DURATION_MS", "1000")
              .withEnv("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0");
      if (DockerEngine.tryStart(container)) {
        return new Contained(container);
      }
    }
    Scratch scratch = Scratch.create("kafka");
    KafkaBroker broker =
        KafkaBroker.launch(
            new KafkaBroker.Settings(
                scratch.directory(),
                scratch.directory().resolve("kafka.log"),
                0,
                KafkaBroker.Settings.SMALL_JVM));
    broker.awaitReady(Duration.ofSeconds(120));
    return new Local(broker, scratch);
  }

  record Contained(KafkaContainer container) implements RealKafka {
    @Override
    public String bootstrapServers() {
      return container.getBootstrapServers();
    }

    @Override
    public void close() {
      container.close();
    }
  }

  record Local(KafkaBroker broker, Scratch scratch) implements RealKafka {
    @Override
    public String bootstrapServers() {
      return broker.bootstrapServers();
    }

    @Override
    public void close() {
      broker.close();
      scratch.delete();
    }
  }
}
