package dev.baton.worker.membership;

import dev.baton.contracts.Directory;
import dev.baton.contracts.HeartbeatReply;
import dev.baton.contracts.LaneGrant;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.WorkerHeartbeat;
import dev.baton.contracts.WorkerRegistration;
import java.io.IOException;

/** The kv-registry as a worker sees it. Calls block, for a bounded time. */
public interface Registry {
  /**
   * Leases a lane.
   *
   * @throws IOException when the registry cannot be reached or has no lane
   */
  LaneGrant register(WorkerRegistration registration) throws IOException, InterruptedException;

  /** Renews the lease. */
  HeartbeatReply heartbeat(WorkerHeartbeat beat) throws IOException, InterruptedException;

  /** Every worker that holds a lane, this one too. */
  Directory directory() throws IOException, InterruptedException;

  /** Gives the lane back. */
  void release(LaneRef lane) throws IOException, InterruptedException;
}
