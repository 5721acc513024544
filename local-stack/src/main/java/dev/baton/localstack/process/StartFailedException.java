package dev.baton.localstack.process;

/**
 * A process ended or missed its deadline before it was ready; the message names it and shows the
 * end of its log.
 */
public final class StartFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StartFailedException(String message) {
    super(message);
  }

  public StartFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
