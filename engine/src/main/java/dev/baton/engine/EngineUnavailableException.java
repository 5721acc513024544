package dev.baton.engine;

/** The native backend cannot be loaded here; the message names the path and the reason. */
public final class EngineUnavailableException extends EngineException {
  private static final long serialVersionUID = 1L;

  EngineUnavailableException(String message) {
    super(message);
  }
}
