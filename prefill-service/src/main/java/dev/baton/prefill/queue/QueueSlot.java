package dev.baton.prefill.queue;

import dev.baton.contracts.MalformedRecordException;
import dev.baton.contracts.PrefillRequest;
import dev.baton.contracts.ServiceClass;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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

  @Override
  public void run() {
    while (!stopped) {
      try (KafkaShareConsumer<String, byte[]> member = group.join(Topics.prefill(serviceClass))) {
        while (!stopped && healthy.getAsBoolean()) {
          take(member);
        }
      } catch (InterruptedException | WakeupException e) {
        return;
      } catch (RuntimeException e) {
        log.warn("The prefill queue is out of reach, trying again: {}", e.toString());
      } finally {
        connected = false;
        busy = false;
      }
      if (!stopped && !pause()) {
        return;
      }
    }
  }

  private static boolean pause() {
    try {
      Thread.sleep(RETRY);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  private void take(KafkaShareConsumer<String, byte[]> member) throws InterruptedException {
    for (ConsumerRecord<String, byte[]> record : member.poll(POLL)) {
      busy = true;
      work(member, record);
      busy = false;
    }
    connected = true;
  }

  private void work(KafkaShareConsumer<String, byte[]> member, ConsumerRecord<String, byte[]> taken)
      throws InterruptedException {
    CompletableFuture<Settlement> work = begin(taken);
    Optional<ConsumerRecord<String, byte[]>> record = Optional.of(taken);
    while (record.isPresent()) {
      Settlement settlement = await(work);
      if (settlement != null) {
        member.acknowledge(record.get(), settlement.acknowledgement());
        commit(member, record.get());
        return;
      }
      record = renew(member, record.get());
    }
    // The lock is lost, so somebody else has the record too; what comes second is dropped there.
    log.warn("The lock of {} was lost while it was worked on", taken.key());
    work.join();
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

  /** The settlement, or null where the lock should be renewed first. */
  private @Nullable Settlement await(CompletableFuture<Settlement> work)
      throws InterruptedException {
    try {
      return work.get(group.recordLock().toMillis() / 3, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return null;
    } catch (ExecutionException e) {
      log.error("A prefill failed unexpectedly", e.getCause());
      return Settlement.TRY_ELSEWHERE;
    }
  }

  /** The record under its renewed lock; empty where the lock was lost. */
  private Optional<ConsumerRecord<String, byte[]>> renew(
      KafkaShareConsumer<String, byte[]> member, ConsumerRecord<String, byte[]> record) {
    member.acknowledge(record, AcknowledgeType.RENEW);
    if (!commit(member, record)) {
      return Optional.empty();
    }
    for (ConsumerRecord<String, byte[]> renewed : member.poll(SETTLE)) {
      if (renewed.offset() == record.offset() && renewed.partition() == record.partition()) {
        return Optional.of(renewed);
      }
      member.acknowledge(renewed, AcknowledgeType.RELEASE);
    }
    return Optional.empty();
  }

  private static boolean commit(
      KafkaShareConsumer<String, byte[]> member, ConsumerRecord<String, byte[]> record) {
    boolean failed = false;
    for (var result : member.commitSync(SETTLE).entrySet()) {
      if (result.getValue().isPresent()) {
        failed = true;
        log.warn("{}: {}", result.getKey(), result.getValue().get().toString());
      }
    }
    return !failed;
  }
}
