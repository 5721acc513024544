package dev.baton.worker.boot;

import dev.baton.contracts.LaneRef;
import dev.baton.worker.membership.MembershipListener;
import java.util.List;
import java.util.stream.Stream;

/** Several listeners, told in order. */
record Listeners(List<MembershipListener> all) implements MembershipListener {
  /** {@code first} before the others, whatever place it has among them. */
  static Listeners of(MembershipListener first, List<MembershipListener> others) {
    return new Listeners(
        Stream.concat(Stream.of(first), others.stream().filter(other -> other != first)).toList());
  }

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
