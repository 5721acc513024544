package dev.baton.worker.boot;

import dev.baton.contracts.LaneRef;
import dev.baton.worker.membership.MembershipListener;
import java.util.List;

/** Several listeners, told in order. */
record Listeners(List<MembershipListener> all) implements MembershipListener {
  @Override
  public void granted(LaneRef lane) {
    all.forEach(listener -> listener.granted(lane));
  }

  @Override
  public void fenced(LaneRef lane) {
    all.forEach(listener -> listener.fenced(lane));
  }

  @Override
  public void resync(LaneRef lane) {
    all.forEach(listener -> listener.resync(lane));
  }
}
