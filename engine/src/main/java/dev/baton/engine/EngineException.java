package dev.baton.engine;

/** The backend failed while running; the message says what it reported. */
public class EngineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public EngineException(String message) {
    super(message);
  }
}
