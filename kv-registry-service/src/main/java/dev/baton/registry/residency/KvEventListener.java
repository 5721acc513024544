package dev.baton.registry.residency;

import dev.baton.contracts.KvEvent;
import dev.baton.contracts.MalformedRecordException;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.stereotype.Component;

/** Feeds the index from Kafka; an event counts as read once Redis has it. */
@Component
class KvEventListener {
  private static final Logger log = LoggerFactory.getLogger(KvEventListener.class);

  private final ResidencyIndex index;
  private final MeterRegistry meters;

  KvEventListener(ResidencyIndex index, MeterRegistry meters) {
    this.index = index;
    this.meters = meters;
  }

  @KafkaListener(id = "kv-events", topics = Topics.KV_EVENTS, groupId = "baton-kv-registry")
  void on(ConsumerRecord<String, byte @Nullable []> record) {
    byte[] value = record.value();
    if (value == null) {
      skip(record, "no value");
      return;
    }
    KvEvent event;
    try {
      event = WireCodec.fromCbor(value, KvEvent.class);
    } catch (MalformedRecordException e) {
      skip(record, String.valueOf(e.getMessage()));
      return;
    }
    index.apply(event);
  }

  private void skip(ConsumerRecord<?, ?> record, String reason) {
    meters.counter("baton.registry.events", "outcome", "malformed").increment();
    log.warn("skipped {}-{}@{}: {}", record.topic(), record.partition(), record.offset(), reason);
  }
}
