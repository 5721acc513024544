package dev.baton.autoscaler.observe;

import dev.baton.contracts.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the state of the prefill share group through Kafka's admin API. The clients are opened at
 * the first reading, so that a Kafka that cannot be resolved yet is a failed reading and not a
 * failed start. One owner thread.
 */
final class PrefillQueue implements Source<QueueReading>, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PrefillQueue.class);
  private static final List<String> TOPICS =
      List.of(Topics.PREFILL_INTERACTIVE, Topics.PREFILL_BATCH);

  private final Map<String, Object> connection;
  private final Duration timeout;
  private @Nullable Admin admin;
  private @Nullable PromptLengths lengths;

  /**
   * @param connection Kafka client properties: servers and security
   * @param timeout deadline of each call
   */
  PrefillQueue(Map<String, Object> connection, Duration timeout) {
    this.connection = Map.copyOf(connection);
    this.timeout = timeout;
  }

  @Override
  public QueueReading read() throws SourceUnavailableException {
    try {
      Admin kafka = admin();
      Map<TopicPartition, Long> ends = ends(kafka);
      Map<TopicPartition, SharePartitionOffsetInfo> group = group(kafka);
      long published = ends.values().stream().mapToLong(Long::longValue).sum();
      return new QueueReading(queued(group), published, tokensPerRequest(group, ends));
    } catch (KafkaException e) {
      throw new SourceUnavailableException("kafka: " + e.getMessage(), e);
    }
  }

  private Map<TopicPartition, Long> ends(Admin kafka) throws SourceUnavailableException {
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    await(kafka.describeTopics(TOPICS).allTopicNames())
        .forEach((topic, description) ->
            description
                .partitions()
                .forEach(partition ->
                    latest.put(
                        new TopicPartition(topic, partition.partition()), OffsetSpec.latest())));
    Map<TopicPartition, Long> ends = new HashMap<>();
    await(kafka.listOffsets(latest).all())
        .forEach((partition, end) -> ends.put(partition, end.offset()));
    return ends;
  }

  private Map<TopicPartition, SharePartitionOffsetInfo> group(Admin kafka)
      throws SourceUnavailableException {
    Map<TopicPartition, SharePartitionOffsetInfo> group = new HashMap<>();
    try {
      KafkaFuture<Map<TopicPartition, SharePartitionOffsetInfo>> answer =
          kafka
              .listShareGroupOffsets(
                  Map.of(Topics.PREFILL_SHARE_GROUP, new ListShareGroupOffsetsSpec()))
              .partitionsToOffsetInfo(Topics.PREFILL_SHARE_GROUP);
      await(answer)
          .forEach((partition, info) -> {
            if (info != null && TOPICS.contains(partition.topic())) {
              group.put(partition, info);
            }
          });
    } catch (SourceUnavailableException e) {
      if (!(e.getCause() instanceof GroupIdNotFoundException)) {
        throw e;
      }
    }
    return group;
  }

  /** Empty also where a single partition's lag is unknown: a part of the backlog is no backlog. */
  private static OptionalLong queued(Map<TopicPartition, SharePartitionOffsetInfo> group) {
    if (group.isEmpty() || group.values().stream().anyMatch(info -> info.lag().isEmpty())) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(
        group.values().stream()
            .map(SharePartitionOffsetInfo::lag)
            .flatMap(Optional::stream)
            .mapToLong(Long::longValue)
            .sum());
  }

  private OptionalDouble tokensPerRequest(
      Map<TopicPartition, SharePartitionOffsetInfo> group, Map<TopicPartition, Long> ends) {
    Map<TopicPartition, PromptLengths.Span> queued = new HashMap<>();
    ends.forEach((partition, end) -> {
      SharePartitionOffsetInfo info = group.get(partition);
      long start = info == null ? 0 : info.startOffset();
      if (end > start && (info == null || info.lag().orElse(1L) > 0)) {
        queued.put(partition, new PromptLengths.Span(start, end));
      }
    });
    if (queued.isEmpty()) {
      return OptionalDouble.empty();
    }
    PromptLengths open = lengths;
    if (open == null) {
      open = new PromptLengths(connection, timeout);
      lengths = open;
    }
    try {
      return open.mean(queued);
    } catch (KafkaException e) {
      log.warn("cannot read queued prompts: {}", e.getMessage());
      return OptionalDouble.empty();
    }
  }

  private Admin admin() {
    Admin open = admin;
    if (open == null) {
      Map<String, Object> properties = new HashMap<>(connection);
      properties.put("client.id", "baton-autoscaler");
      properties.put("request.timeout.ms", Math.toIntExact(timeout.toMillis()));
      properties.put("default.api.timeout.ms", Math.toIntExact(timeout.toMillis()));
      open = Admin.create(properties);
      admin = open;
    }
    return open;
  }

  private <T> T await(KafkaFuture<T> answer) throws SourceUnavailableException {
    try {
      return answer.get(timeout.toMillis() + 500, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new SourceUnavailableException("kafka: " + cause.getMessage(), cause);
    } catch (TimeoutException e) {
      throw new SourceUnavailableException("kafka: no answer within " + timeout, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SourceUnavailableException("kafka: interrupted", e);
    }
  }

  @Override
  public void close() {
    if (lengths != null) {
      lengths.close();
    }
    if (admin != null) {
      admin.close(Duration.ZERO);
    }
  }
}
