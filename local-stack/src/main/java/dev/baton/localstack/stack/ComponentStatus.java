package dev.baton.localstack.stack;

import java.time.Duration;

/**
 * One line of the progress display.
 *
 * @param elapsed time in this state or, once ready, the time that the start took
 */
public record ComponentStatus(String name, State state, Duration elapsed) {
  /** The life of a component. */
  public enum State {
    WAITING,
    PREPARING,
    STARTING,
    READY,
    STOPPING,
    STOPPED,
    FAILED
  }
}
