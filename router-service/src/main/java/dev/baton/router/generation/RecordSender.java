package dev.baton.router.generation;

import org.springframework.kafka.core.KafkaTemplate;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Sends records off the caller's thread: a producer blocks while it does not know the topic. What
 * waits is bounded; beyond it sending fails at once. Thread-safe.
 */
final class RecordSender {
  private final KafkaTemplate<String, byte[]> kafka;
  private final Scheduler threads;

  RecordSender(KafkaTemplate<String, byte[]> kafka, String name, int threads, int waiting) {
    this.kafka = kafka;
    this.threads = Schedulers.newBoundedElastic(threads, waiting, name, 60, true);
  }

  /** Completes once Kafka has the record. */
  Mono<Void> send(String topic, String key, byte[] value) {
    return Mono.fromFuture(() -> kafka.send(topic, key, value)).subscribeOn(threads).then();
  }

  void close() {
    threads.dispose();
  }
}
