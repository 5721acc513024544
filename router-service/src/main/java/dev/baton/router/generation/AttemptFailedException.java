package dev.baton.router.generation;

import dev.baton.router.errors.ApiException;
import dev.baton.router.errors.ErrorTypes;
import java.time.Duration;
import java.util.Locale;
import org.springframework.http.HttpStatus;

/**
 * A decode worker could not carry a request on. The message is for logs: it may name hosts and
 * exceptions, so clients see the code at most.
 */
final class AttemptFailedException extends RuntimeException {
  /** The prefill queue, not the worker, is at fault. */
  static final String QUEUE = "queue_unavailable";

  /** There is nobody left to take the request from the prefill queue. */
  static final String PREFILL_GONE = "prefill_gone";

  private static final long serialVersionUID = 1L;

  private final boolean retryable;
  private final String code;

  AttemptFailedException(String code, String message, boolean retryable) {
    super(message);
    this.code = code.toLowerCase(Locale.ROOT);
    this.retryable = retryable;
  }

  boolean retryable() {
    return retryable;
  }

  String code() {
    return code;
  }

  /** The decode worker did nothing wrong: it can do the work without the prefill tier. */
  boolean blamesPrefillTier() {
    return code.equals(QUEUE) || code.equals(PREFILL_GONE);
  }

  /** What the client is told once no other attempt follows. */
  ApiException asAnswer(int attempts) {
    return switch (code) {
      case "deadline_exceeded" -> deadlineExceeded();
      case "too_long" ->
          ApiException.invalid(
              null,
              "context_length_exceeded",
              "The request needs more tokens than the workers of its model can hold.");
      default ->
          retryable
              ? ApiException.unavailable(
                  "attempts_exhausted",
                  "The request failed on "
                      + attempts
                      + " workers, the last time with "
                      + code
                      + ".",
                  Duration.ofSeconds(2))
              : new ApiException(
                  HttpStatus.BAD_GATEWAY,
                  ErrorTypes.SERVER,
                  "generation_failed",
                  null,
                  "The worker could not finish the request: " + code + ".",
                  null);
    };
  }

  static ApiException deadlineExceeded() {
    return new ApiException(
        HttpStatus.GATEWAY_TIMEOUT,
        ErrorTypes.SERVER,
        "deadline_exceeded",
        null,
        "The generation did not finish in time.",
        null);
  }
}
