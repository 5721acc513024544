package dev.baton.autoscaler.decide;

import java.util.List;

/** What the signals of one moment ask for, before bounds and time are considered. */
public sealed interface Need {
  List<String> reasons();

  /** So many replicas. */
  record Replicas(long count, List<String> reasons) implements Need {
    public Replicas {
      reasons = List.copyOf(reasons);
    }
  }

  /**
   * The signals do not say: keep what is there, but at least {@code atLeast} (1 where work is known
   * to wait).
   */
  record Unknown(int atLeast, List<String> reasons) implements Need {
    public Unknown {
      reasons = List.copyOf(reasons);
    }
  }
}
