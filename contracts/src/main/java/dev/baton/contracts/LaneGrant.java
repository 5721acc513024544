package dev.baton.contracts;

import java.time.Duration;

/** A lane on lease: whose it is, its fencing token, and for how long without a heartbeat. */
public record LaneGrant(WorkerId worker, Lane lane, Epoch epoch, Duration ttl) {
  public LaneGrant {
    Checks.require(ttl.isPositive(), "a lane lease needs a positive time to live");
  }
}
