package dev.baton.router.placement;

import java.util.List;

/** Rates candidates, each in [0, 1], higher is better. Pure. */
public interface Scorer {
  /** One score a candidate, in their order; empty where there is nothing to score by. */
  double[] score(PlacementRequest request, List<Candidate> candidates);
}
