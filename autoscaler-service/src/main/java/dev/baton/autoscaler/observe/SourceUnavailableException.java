package dev.baton.autoscaler.observe;

/** A source did not answer, or not with something usable. */
final class SourceUnavailableException extends Exception {
  private static final long serialVersionUID = 1L;

  SourceUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
