package dev.baton.router.generation;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Bounds of generations.
 *
 * @param timeout from acceptance of a request to its last token
 * @param maxConcurrent generations at once
 * @param maxPromptTokens prompt tokens of all generations at once
 * @param maxAttempts placements of one request
 * @param acceptTimeout longest wait until a decode worker takes a request on
 * @param queueTimeout longest wait until Kafka has a request for the prefill tier
 * @param idleTimeout longest silence between two tokens
 * @param workerWait longest wait for a worker where none is there
 */
@ConfigurationProperties("baton.router.generation")
public record GenerationProperties(
    @DefaultValue("2m") Duration timeout,
    @DefaultValue("512") int maxConcurrent,
    @DefaultValue("4000000") long maxPromptTokens,
    @DefaultValue("4") int maxAttempts,
    @DefaultValue("5s") Duration acceptTimeout,
    @DefaultValue("3s") Duration queueTimeout,
    @DefaultValue("30s") Duration idleTimeout,
    @DefaultValue("20s") Duration workerWait) {
  private static final int MOST_ATTEMPTS = 100;

  public GenerationProperties {
    require(timeout.isPositive(), "timeout must be positive");
    require(maxConcurrent > 0, "max-concurrent must be positive");
    require(maxPromptTokens > 0, "max-prompt-tokens must be positive");
    require(
        maxAttempts > 0 && maxAttempts <= MOST_ATTEMPTS,
        "max-attempts must be between 1 and " + MOST_ATTEMPTS);
    require(acceptTimeout.isPositive(), "accept-timeout must be positive");
    require(queueTimeout.isPositive(), "queue-timeout must be positive");
    require(idleTimeout.isPositive(), "idle-timeout must be positive");
    require(!workerWait.isNegative(), "worker-wait must not be negative");
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException("baton.router.generation." + message);
    }
  }
}
