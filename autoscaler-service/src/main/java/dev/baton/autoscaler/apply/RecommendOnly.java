package dev.baton.autoscaler.apply;

import dev.baton.autoscaler.decide.Decision;
import dev.baton.autoscaler.decide.Tier;
import java.util.OptionalInt;

/** Changes nothing: for machines without Kubernetes, and for a look before trusting it. */
final class RecommendOnly implements Scaler {
  @Override
  public Mode mode() {
    return Mode.RECOMMEND;
  }

  @Override
  public OptionalInt current(Tier tier, OptionalInt reporting) {
    return reporting;
  }

  @Override
  public Outcome apply(Decision decision) {
    return new Outcome.Recommended();
  }
}
