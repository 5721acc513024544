package dev.baton.worker.membership;

import dev.baton.contracts.LaneRef;

/** Hears of the worker's lane; called on the membership's thread, must not block for long. */
public interface MembershipListener {
  /** The worker has a lane under a new epoch; what belonged to an older one is void. */
  void granted(LaneRef lane);

  /** Somebody else holds the lane: nothing may be served under this epoch any more. */
  void fenced(LaneRef lane);

  /** The registry has lost track of what is resident here. */
  void resync(LaneRef lane);
}
