package dev.baton.autoscaler.observe;

import dev.baton.contracts.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
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

  /** One partition: its first unacknowledged offset, its end, and how many records are queued. */
  private record Backlog(long start, long end, long records) {}

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
      Map<TopicPartition, Long> ends = offsets(kafka, partitions(kafka), OffsetSpec.latest());
      long published = ends.values().stream().mapToLong(Long::longValue).sum();
      Optional<Map<TopicPartition, Backlog>> backlog = backlog(kafka, ends);
      return new QueueReading(
          backlog
              .map(known ->
                  OptionalLong.of(known.values().stream().mapToLong(Backlog::records).sum()))
              .orElse(OptionalLong.empty()),
          published,
          tokensPerRequest(backlog.orElse(Map.of())));
    } catch (KafkaException e) {
      throw new SourceUnavailableException("kafka: " + e.getMessage(), e);
    }
  }

  private Set<TopicPartition> partitions(Admin kafka) throws SourceUnavailableException {
    Set<TopicPartition> partitions = new HashSet<>();
    await(kafka.describeTopics(TOPICS).allTopicNames())
        .forEach((topic, description) ->
            description
                .partitions()
                .forEach(
                    partition -> partitions.add(new TopicPartition(topic, partition.partition()))));
    return partitions;
  }

  private Map<TopicPartition, Long> offsets(
      Admin kafka, Set<TopicPartition> partitions, OffsetSpec which)
      throws SourceUnavailableException {
    Map<TopicPartition, OffsetSpec> request = new HashMap<>();
    partitions.forEach(partition -> request.put(partition, which));
    Map<TopicPartition, Long> offsets = new HashMap<>();
    await(kafka.listOffsets(request).all())
        .forEach((partition, found) -> offsets.put(partition, found.offset()));
    return offsets;
  }

  /**
   * What the group has not yet acknowledged; empty before a worker has joined, or where a lag is
   * not known: a part of the backlog is no backlog.
   *
   * <p>A partition of which nothing was ever acknowledged is listed without a value, whatever it
   * holds. The group begins at the earliest record ({@code share.auto.offset.reset=earliest}), so
   * everything in it is queued.
   */
  private Optional<Map<TopicPartition, Backlog>> backlog(
      Admin kafka, Map<TopicPartition, Long> ends) throws SourceUnavailableException {
    Map<TopicPartition, @Nullable SharePartitionOffsetInfo> group = group(kafka);
    Set<TopicPartition> untouched = new HashSet<>(ends.keySet());
    group.forEach((partition, info) -> {
      if (info != null) {
        untouched.remove(partition);
      }
    });
    if (group.isEmpty()
        || group.values().stream().anyMatch(info -> info != null && info.lag().isEmpty())) {
      return Optional.empty();
    }
    Map<TopicPartition, Long> starts =
        untouched.isEmpty() ? Map.of() : offsets(kafka, untouched, OffsetSpec.earliest());
    Map<TopicPartition, Backlog> backlog = new HashMap<>();
    ends.forEach((partition, end) -> {
      SharePartitionOffsetInfo info = group.get(partition);
      long start = info == null ? starts.getOrDefault(partition, end) : info.startOffset();
      long records = info == null ? end - start : info.lag().orElse(0L);
      backlog.put(partition, new Backlog(start, end, Math.max(0, records)));
    });
    return Optional.of(backlog);
  }

  /** By partition; the value is null where nothing of the partition was ever acknowledged. */
  private Map<TopicPartition, @Nullable SharePartitionOffsetInfo> group(Admin kafka)
      throws SourceUnavailableException {
    Map<TopicPartition, @Nullable SharePartitionOffsetInfo> group = new HashMap<>();
    try {
      await(
              kafka
                  .listShareGroupOffsets(
                      Map.of(Topics.PREFILL_SHARE_GROUP, new ListShareGroupOffsetsSpec()))
                  .partitionsToOffsetInfo(Topics.PREFILL_SHARE_GROUP))
          .forEach(group::put);
    } catch (SourceUnavailableException e) {
      if (!(e.getCause() instanceof GroupIdNotFoundException)) {
        throw e;
      }
    }
    return group;
  }

  private OptionalDouble tokensPerRequest(Map<TopicPartition, Backlog> backlog) {
    Map<TopicPartition, PromptLengths.Span> queued = new HashMap<>();
    backlog.forEach((partition, waiting) -> {
      if (waiting.records() > 0 && waiting.end() > waiting.start()) {
        queued.put(partition, new PromptLengths.Span(waiting.start(), waiting.end()));
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
