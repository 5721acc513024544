package dev.baton.decode.handoff;

import dev.baton.contracts.HandOff;
import dev.baton.contracts.Lane;
import dev.baton.contracts.MalformedRecordException;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent that reads the partition of this worker's lane, from its end at the time when the lane
 * was granted: what came before was meant for somebody else.
 */
public final class HandOffIntake implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HandOffIntake.class);
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration RETRY = Duration.ofMillis(500);

  private final Map<String, Object> client;
  private final Consumer<HandOff> receiver;
  private final Thread thread = Thread.ofPlatform().name("hand-off-intake").unstarted(this::run);
  private volatile @Nullable Lane wanted;
  private volatile @Nullable Lane reading;
  private volatile boolean closed;

  /**
   * @param client settings of every Kafka client, {@code bootstrap.servers} among them
   * @param receiver called on the intake's thread, must not block
   */
  public HandOffIntake(Map<String, Object> client, Consumer<HandOff> receiver) {
    this.client = Map.copyOf(client);
    this.receiver = receiver;
  }

  /** Reads that lane from now on. */
  public synchronized void follow(Lane lane) {
    wanted = lane;
    if (thread.getState() == Thread.State.NEW) {
      thread.start();
    }
  }

  /** The lane whose hand-offs all arrive here. */
  public Optional<Lane> reading() {
    return Optional.ofNullable(reading);
  }

  private void run() {
    while (!closed) {
      try (KafkaConsumer<String, byte[]> consumer =
          new KafkaConsumer<>(client, new StringDeserializer(), new ByteArrayDeserializer())) {
        while (!closed) {
          follow(consumer);
          for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
            receive(record);
          }
        }
      } catch (WakeupException e) {
        return;
      } catch (RuntimeException e) {
        log.warn("The hand-offs are out of reach, trying again: {}", e.toString());
      } finally {
        reading = null;
      }
      if (!closed && !pause()) {
        return;
      }
    }
  }

  private void follow(KafkaConsumer<String, byte[]> consumer) {
    Lane lane = wanted;
    if (lane == null || lane.equals(reading)) {
      return;
    }
    TopicPartition partition = new TopicPartition(Topics.KV_HANDLES, lane.number());
    consumer.assign(List.of(partition));
    consumer.seekToEnd(List.of(partition));
    // Resolves the end now, so that nothing sent after this is missed.
    consumer.position(partition);
    reading = lane;
  }

  private void receive(ConsumerRecord<String, byte[]> record) {
    try {
      receiver.accept(WireCodec.fromCbor(record.value(), HandOff.class));
    } catch (MalformedRecordException e) {
      log.error(
          "{}-{}@{}: {}", record.topic(), record.partition(), record.offset(), e.getMessage());
    } catch (RuntimeException e) {
      log.error("A hand-off of {} was not taken", record.key(), e);
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

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
