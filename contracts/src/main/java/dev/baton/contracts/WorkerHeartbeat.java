package dev.baton.contracts;

/**
 * Renews a lane lease and reports load.
 *
 * @param eventSequence sequence number of the last {@link KvEvent} that the worker published
 */
public record WorkerHeartbeat(
    int version, LaneRef lane, WorkerState state, WorkerLoad load, long eventSequence) {
  public static final int VERSION = 1;

  public WorkerHeartbeat {
    Checks.version("WorkerHeartbeat", version, VERSION);
  }
}
