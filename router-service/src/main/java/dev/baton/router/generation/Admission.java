package dev.baton.router.generation;

import dev.baton.router.errors.ApiException;
import dev.baton.router.errors.ErrorTypes;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** Bounds what the router has under way; beyond it requests are refused at once. Thread-safe. */
@Component
class Admission {
  private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

  private final GenerationProperties properties;
  private int generations;
  private long promptTokens;

  Admission(GenerationProperties properties, MeterRegistry meters) {
    this.properties = properties;
    meters.gauge("baton.router.active", this, Admission::generations);
    meters.gauge("baton.router.active.prompt.tokens", this, Admission::promptTokens);
  }

  /** A place among the running generations; giving it back twice does nothing. */
  final class Permit {
    private final int tokens;
    private final AtomicBoolean held = new AtomicBoolean(true);

    private Permit(int tokens) {
      this.tokens = tokens;
    }

    void release() {
      if (held.compareAndSet(true, false)) {
        leave(tokens);
      }
    }
  }

  /**
   * @throws ApiException 429 where a bound is reached
   */
  synchronized Permit enter(int tokens) {
    if (generations >= properties.maxConcurrent()) {
      throw busy("at most " + properties.maxConcurrent() + " requests run at once");
    }
    if (generations > 0 && promptTokens + tokens > properties.maxPromptTokens()) {
      throw busy("at most " + properties.maxPromptTokens() + " prompt tokens run at once");
    }
    generations++;
    promptTokens += tokens;
    return new Permit(tokens);
  }

  private synchronized void leave(int tokens) {
    generations--;
    promptTokens -= tokens;
  }

  synchronized int generations() {
    return generations;
  }

  synchronized long promptTokens() {
    return promptTokens;
  }

  private static ApiException busy(String why) {
    return new ApiException(
        HttpStatus.TOO_MANY_REQUESTS,
        ErrorTypes.RATE_LIMIT,
        "overloaded",
        null,
        "The service is busy: " + why + ".",
        RETRY_AFTER);
  }
}
