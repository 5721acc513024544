package dev.baton.router.generation;

/** A decode worker could not carry a request on. */
final class AttemptFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean retryable;
  private final String code;

  AttemptFailedException(String code, String message, boolean retryable) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }

  boolean retryable() {
    return retryable;
  }

  String code() {
    return code;
  }

  String reason() {
    return code + ": " + getMessage();
  }
}
