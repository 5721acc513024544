package dev.baton.registry.residency;

import dev.baton.contracts.KvEvent;
import dev.baton.contracts.MalformedRecordException;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.listener.BatchListenerFailedException;
import org.springframework.stereotype.Component;

/** Feeds the index from Kafka; a batch counts as read once Redis has all of it. */
@Component
class KvEventListener {
  private static final Logger log = LoggerFactory.getLogger(KvEventListener.class);

  private final ResidencyIndex index;
  private final MeterRegistry meters;

  KvEventListener(ResidencyIndex index, MeterRegistry meters) {
    this.index = index;
    this.meters = meters;
  }

  @KafkaListener(
      id = "kv-events",
      topics = Topics.KV_EVENTS,
      groupId = "baton-kv-registry",
      batch = "true")
  void on(List<ConsumerRecord<String, byte @Nullable []>> records) {
    List<KvEvent> events = new ArrayList<>(records.size());
    for (ConsumerRecord<String, byte @Nullable []> record : records) {
      byte[] value = record.value();
      if (value == null) {
        skip(record, "no value");
        continue;
      }
      try {
        events.add(WireCodec.fromCbor(value, KvEvent.class));
      } catch (MalformedRecordException e) {
        skip(record, String.valueOf(e.getMessage()));
      }
    }
    try {
      index.apply(events);
    } catch (DataAccessException e) {
      throw new BatchListenerFailedException("Redis did not take a batch of events", e, 0);
    }
  }

  private void skip(ConsumerRecord<?, ?> record, String reason) {
    meters.counter("baton.registry.events", "outcome", "malformed").increment();
    log.warn("skipped {}-{}@{}: {}", record.topic(), record.partition(), record.offset(), reason);
  }
}
