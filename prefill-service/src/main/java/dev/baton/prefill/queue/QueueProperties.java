package dev.baton.prefill.queue;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How many requests a worker has under way and how the queue guards them.
 *
 * @param interactiveSlots interactive requests at a time
 * @param batchSlots batch requests at a time; they run when no interactive one wants the engine
 * @param recordLock how long the queue waits for a sign of life from a worker that hangs; a worker
 *     that dies is noticed at once
 */
@ConfigurationProperties("baton.prefill")
public record QueueProperties(
    @DefaultValue("4") int interactiveSlots,
    @DefaultValue("2") int batchSlots,
    @DefaultValue("15s") Duration recordLock) {
  public QueueProperties {
    require(interactiveSlots >= 1, "interactive-slots must be at least 1");
    require(batchSlots >= 0, "batch-slots must not be negative");
    require(
        recordLock.compareTo(Duration.ofSeconds(1)) >= 0
            && recordLock.compareTo(Duration.ofSeconds(60)) <= 0,
        "record-lock must be 1s to 60s");
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException("baton.prefill: " + message);
    }
  }
}
