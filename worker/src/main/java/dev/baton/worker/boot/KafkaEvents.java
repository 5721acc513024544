package dev.baton.worker.boot;

import dev.baton.contracts.KvEvent;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.core.KafkaTemplate;

/**
 * Sends residency events in order on a thread of its own, since Kafka's producer may block. What
 * does not fit or does not arrive leaves a gap in the numbers, which the registry mends with a
 * snapshot.
 */
final class KafkaEvents implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(KafkaEvents.class);
  private static final int MAX_WAITING = 1024;

  private final KafkaTemplate<String, byte[]> kafka;
  private final MeterRegistry meters;
  private final ThreadPoolExecutor sender =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(MAX_WAITING),
          Thread.ofPlatform().name("kv-events").daemon().factory());

  KafkaEvents(KafkaTemplate<String, byte[]> kafka, MeterRegistry meters) {
    this.kafka = kafka;
    this.meters = meters;
  }

  void publish(KvEvent event) {
    try {
      sender.execute(() -> send(event));
    } catch (RejectedExecutionException e) {
      lost(event, "too many events wait");
    }
  }

  private void send(KvEvent event) {
    try {
      kafka
          .send(Topics.KV_EVENTS, event.source().worker().value(), WireCodec.toCbor(event))
          .whenComplete((_, failure) -> {
            if (failure != null) {
              lost(event, failure.toString());
            }
          });
    } catch (RuntimeException e) {
      lost(event, e.toString());
    }
  }

  private void lost(KvEvent event, String why) {
    meters.counter("baton.worker.kv.events.lost").increment();
    log.warn("Residency event {} is lost: {}", event.sequence(), why);
  }

  @Override
  public void close() {
    sender.shutdownNow();
  }
}
