package dev.baton.router.placement;

import java.util.List;

/** Chooses one of at least one scored candidate. Pure: all chance comes from the request's turn. */
public interface Picker {
  /**
   * @param scores weighted sums, one a candidate
   * @return index of the chosen candidate
   */
  int pick(PlacementRequest request, List<Candidate> candidates, double[] scores);
}
