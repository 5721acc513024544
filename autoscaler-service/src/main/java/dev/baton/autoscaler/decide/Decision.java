package dev.baton.autoscaler.decide;

import java.util.List;

/** How many replicas a tier should have now, and why. */
public record Decision(Tier tier, int desired, List<String> reasons) {
  public Decision {
    reasons = List.copyOf(reasons);
  }
}
