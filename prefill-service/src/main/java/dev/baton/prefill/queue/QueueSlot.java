package dev.baton.prefill.queue;

import dev.baton.contracts.MalformedRecordException;
import dev.baton.contracts.PrefillRequest;
import dev.baton.contracts.ServiceClass;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Room for one request: a member of the share group, on a thread of its own, that takes a record,
 * keeps its lock alive while the request is worked on, and settles it. A consumer whose records are
 * not all settled gets no new ones, so one consumer a request is what lets requests overlap.
 */
final class QueueSlot implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(QueueSlot.class);
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration SETTLE = Duration.ofSeconds(5);
  private static final Duration RETRY = Duration.ofMillis(500);

  private final ShareGroup group;
  private final ServiceClass serviceClass;
  private final PrefillHandler handler;
  private final BooleanSupplier healthy;
  private final CompletableFuture<Void> abandoned = new CompletableFuture<>();
  private volatile @Nullable KafkaShareConsumer<String, byte[]> member;
  private volatile boolean stopped;
  private volatile boolean connected;
  private volatile boolean busy;

  /**
   * @param healthy whether this worker can do any work; a slot of one that cannot takes nothing
   */
  QueueSlot(
      ShareGroup group,
      ServiceClass serviceClass,
      PrefillHandler handler,
      BooleanSupplier healthy) {
    this.group = group;
    this.serviceClass = serviceClass;
    this.handler = handler;
    this.healthy = healthy;
  }

  /** Whether Kafka has answered a poll since the slot last connected. */
  boolean connected() {
    return connected;
  }

  /** Whether a record is in the slot. */
  boolean busy() {
    return busy;
  }

  /** The slot settles what it has and then ends. */
  void stop() {
    stopped = true;
  }

  /** The slot ends at once; a record that it holds goes to another member. */
  void abandon() {
    stopped = true;
    abandoned.complete(null);
    KafkaShareConsumer<String, byte[]> current = member;
    if (current != null) {
      current.wakeup();
    }
  }

  @Override
  public void run() {
    while (!stopped) {
      try (KafkaShareConsumer<String, byte[]> joined = group.join(Topics.prefill(serviceClass))) {
        member = joined;
        while (!stopped && healthy.getAsBoolean()) {
          take(joined);
        }
      } catch (WakeupException e) {
        // The slot is being abandoned.
        continue;
      } catch (RuntimeException e) {
        log.warn("The prefill queue is out of reach, trying again: {}", e.toString());
      } finally {
        member = null;
        connected = false;
        busy = false;
      }
      pause();
    }
  }

  /** Until it is worth another try, or the slot is abandoned. */
  private void pause() {
    try {
      abandoned.get(RETRY.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      // Another try.
    } catch (InterruptedException e) {
      abandon();
    }
  }

  private void take(KafkaShareConsumer<String, byte[]> joined) {
    for (ConsumerRecord<String, byte[]> record : joined.poll(POLL)) {
      busy = true;
      work(joined, record);
      busy = false;
    }
    connected = true;
  }

  private void work(
      KafkaShareConsumer<String, byte[]> joined, ConsumerRecord<String, byte[]> taken) {
    CompletableFuture<Settlement> work = begin(taken);
    Optional<ConsumerRecord<String, byte[]>> record = Optional.of(taken);
    while (record.isPresent()) {
      await(work, group.recordLock().dividedBy(3));
      if (work.isDone()) {
        Settlement settlement = settlement(work);
        joined.acknowledge(record.get(), settlement.acknowledgement());
        commit(joined);
        if (settlement == Settlement.TRY_ELSEWHERE) {
          // Not here again at once: the queue gives a record up after a few deliveries.
          pause();
        }
        return;
      }
      if (abandoned.isDone()) {
        return;
      }
      record = renew(joined, record.get());
    }
    // The lock is lost, so somebody else has the record too; what comes second is dropped there.
    log.warn("The lock of {} was lost while it was worked on", taken.key());
    while (!work.isDone() && !abandoned.isDone()) {
      await(work, POLL);
    }
  }

  private CompletableFuture<Settlement> begin(ConsumerRecord<String, byte[]> record) {
    try {
      PrefillRequest request = WireCodec.fromCbor(record.value(), PrefillRequest.class);
      return handler.handle(request, serviceClass).toCompletableFuture();
    } catch (MalformedRecordException e) {
      log.error(
          "{}-{}@{}: {}", record.topic(), record.partition(), record.offset(), e.getMessage());
      return CompletableFuture.completedFuture(Settlement.UNREADABLE);
    }
  }

  /** Returns when the work is done, the slot abandoned, or the time over. */
  private void await(CompletableFuture<Settlement> work, Duration time) {
    try {
      CompletableFuture.anyOf(work, abandoned).get(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      // The caller looks at what is done.
    } catch (InterruptedException e) {
      abandon();
    }
  }

  private static Settlement settlement(CompletableFuture<Settlement> work) {
    try {
      return work.join();
    } catch (CompletionException e) {
      log.error("A prefill failed unexpectedly", e.getCause());
      return Settlement.TRY_ELSEWHERE;
    }
  }

  /** The record under its renewed lock; empty where the lock was lost. */
  private Optional<ConsumerRecord<String, byte[]>> renew(
      KafkaShareConsumer<String, byte[]> joined, ConsumerRecord<String, byte[]> record) {
    joined.acknowledge(record, AcknowledgeType.RENEW);
    if (!commit(joined)) {
      return Optional.empty();
    }
    for (ConsumerRecord<String, byte[]> renewed : joined.poll(SETTLE)) {
      if (renewed.offset() == record.offset() && renewed.partition() == record.partition()) {
        return Optional.of(renewed);
      }
      joined.acknowledge(renewed, AcknowledgeType.RELEASE);
    }
    return Optional.empty();
  }

  private static boolean commit(KafkaShareConsumer<String, byte[]> joined) {
    boolean failed = false;
    for (var result : joined.commitSync(SETTLE).entrySet()) {
      if (result.getValue().isPresent()) {
        failed = true;
        log.warn("{}: {}", result.getKey(), result.getValue().get().toString());
      }
    }
    return !failed;
  }
}
