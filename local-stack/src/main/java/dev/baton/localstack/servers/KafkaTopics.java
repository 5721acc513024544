package dev.baton.localstack.servers;

import dev.baton.localstack.process.StartFailedException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicExistsException;

/** What the stack asks a broker as its administrator; each call has a deadline of a minute. */
final class KafkaTopics {
  private static final Duration DEADLINE = Duration.ofSeconds(60);

  private KafkaTopics() {}

  /** Returns once the broker answers clients. */
  static void awaitCluster(String bootstrapServers) {
    try (Admin admin = admin(bootstrapServers)) {
      await(admin.describeCluster().nodes(), "kafka listens but does not answer");
    } catch (ExecutionException e) {
      throw new StartFailedException("kafka answers with an error: " + e.getCause(), e);
    }
  }

  /** Creates the topics that are missing, unreplicated. */
  static void create(String bootstrapServers, Map<String, Integer> partitionsByTopic) {
    List<NewTopic> topics =
        partitionsByTopic.entrySet().stream()
            .map(topic -> new NewTopic(topic.getKey(), topic.getValue(), (short) 1))
            .toList();
    try (Admin admin = admin(bootstrapServers)) {
      for (var creation : admin.createTopics(topics).values().entrySet()) {
        String failure = "cannot create topic " + creation.getKey();
        try {
          await(creation.getValue(), failure);
        } catch (ExecutionException e) {
          if (!(e.getCause() instanceof TopicExistsException)) {
            throw new StartFailedException(failure + ": " + e.getCause(), e);
          }
        }
      }
    }
  }

  private static void await(KafkaFuture<?> answer, String failure) throws ExecutionException {
    try {
      answer.get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new StartFailedException(failure, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartFailedException(failure, e);
    }
  }

  private static Admin admin(String bootstrapServers) {
    return Admin.create(Map.of("bootstrap.servers", bootstrapServers));
  }
}
