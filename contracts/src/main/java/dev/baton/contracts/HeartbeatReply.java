package dev.baton.contracts;

/**
 * The registry's answer to a heartbeat.
 *
 * @param outcome what became of the lease
 * @param resync whether the worker should publish a full {@link KvEvent.Snapshot}
 */
public record HeartbeatReply(Outcome outcome, boolean resync) {
  /** What became of the lease. */
  public enum Outcome {
    /** The lease runs on. */
    RENEWED,
    /** The registry does not know the lease: register again, naming the previous lane. */
    UNKNOWN,
    /** Somebody else holds the lane: stop serving under this epoch at once. */
    FENCED
  }
}
