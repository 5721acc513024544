package dev.baton.prefill.queue;

import dev.baton.contracts.ServiceClass;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All slots of a worker. */
public final class PrefillQueue implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PrefillQueue.class);
  private static final Duration RETRY = Duration.ofMillis(500);

  private final ShareGroup group;
  private final List<QueueSlot> slots = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final Thread starter = Thread.ofPlatform().name("prefill-queue").unstarted(this::begin);

  /**
   * @param healthy whether this worker can do any work
   */
  public PrefillQueue(
      ShareGroup group,
      int interactiveSlots,
      int batchSlots,
      PrefillHandler handler,
      BooleanSupplier healthy) {
    this.group = group;
    for (int i = 0; i < interactiveSlots + batchSlots; i++) {
      ServiceClass serviceClass =
          i < interactiveSlots ? ServiceClass.INTERACTIVE : ServiceClass.BATCH;
      QueueSlot slot = new QueueSlot(group, serviceClass, handler, healthy);
      slots.add(slot);
      threads.add(Thread.ofPlatform().name("prefill-slot-" + i).unstarted(slot));
    }
  }

  /** Connects, for as long as it takes, without keeping the caller. */
  public void start() {
    starter.start();
  }

  /** Whether every slot takes requests. */
  public boolean connected() {
    return slots.stream().allMatch(QueueSlot::connected);
  }

  /** Slots that have a request. */
  public int busy() {
    return (int) slots.stream().filter(QueueSlot::busy).count();
  }

  /** Takes no more; slots end as they become free. */
  public void stop() {
    starter.interrupt();
    slots.forEach(QueueSlot::stop);
  }

  /** Ends the slots at once; what they hold goes to other workers. */
  @Override
  public void close() {
    stop();
    slots.forEach(QueueSlot::abandon);
  }

  private void begin() {
    while (!configured()) {
      try {
        Thread.sleep(RETRY);
      } catch (InterruptedException e) {
        return;
      }
    }
    threads.forEach(Thread::start);
  }

  private boolean configured() {
    try {
      group.configure();
      return true;
    } catch (ExecutionException | TimeoutException e) {
      log.warn("Kafka does not take the queue's settings, trying again: {}", e.toString());
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
