package dev.baton.router.placement;

import java.util.List;

/** Drops candidates that cannot serve a request. Pure. */
public interface Filter {
  List<Candidate> keep(PlacementRequest request, List<Candidate> candidates);
}
