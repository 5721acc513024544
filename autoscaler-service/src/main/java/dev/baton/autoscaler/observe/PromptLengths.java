package dev.baton.autoscaler.observe;

import dev.baton.contracts.MalformedRecordException;
import dev.baton.contracts.PrefillRequest;
import dev.baton.contracts.WireCodec;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Looks at the newest queued requests to learn how long their prompts are. Reads beside the share
 * group, so nothing is taken from the queue. One owner thread.
 */
final class PromptLengths implements AutoCloseable {
  /** Records looked at in each partition; a prompt of 6,000 tokens is a record of 24 KB. */
  private static final int SAMPLE = 8;

  private static final int MAX_BYTES = 256 * 1024;

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Duration timeout;

  /** Offsets of a partition that may be queued: from {@code start}, before {@code end}. */
  record Span(long start, long end) {}

  PromptLengths(Map<String, Object> connection, Duration timeout) {
    Map<String, Object> properties = new HashMap<>(connection);
    properties.put("client.id", "baton-autoscaler-prompts");
    properties.put("enable.auto.commit", false);
    properties.put("auto.offset.reset", "earliest");
    properties.put("max.partition.fetch.bytes", MAX_BYTES);
    properties.put("request.timeout.ms", Math.toIntExact(timeout.toMillis()));
    properties.put("default.api.timeout.ms", Math.toIntExact(timeout.toMillis()));
    this.consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    this.timeout = timeout;
  }

  /** Mean tokens of the sampled requests; empty where none could be read in time. */
  OptionalDouble mean(Map<TopicPartition, Span> queued) {
    consumer.assign(queued.keySet());
    queued.forEach(
        (partition, span) -> consumer.seek(partition, Math.max(span.start(), span.end() - SAMPLE)));
    long tokens = 0;
    int requests = 0;
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(timeout)) {
      try {
        tokens += WireCodec.fromCbor(record.value(), PrefillRequest.class).tokens().size();
        requests++;
      } catch (MalformedRecordException _) {
        // The worker that gets it will report it.
      }
    }
    return requests == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) tokens / requests);
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(Duration.ZERO));
  }
}
