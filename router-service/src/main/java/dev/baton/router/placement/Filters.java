package dev.baton.router.placement;

import dev.baton.contracts.Epoch;
import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

/** The filters that a profile may name. */
final class Filters {
  private Filters() {}

  static Map<String, Filter> all() {
    return Map.of(
        "ready", keep((request, c) -> c.worker().state() == WorkerState.READY),
        "model",
            keep((request, c) ->
                c.worker().registration().role().decodes()
                    && c.worker().registration().model().equals(request.model())),
        "room", keep(Filters::hasRoom),
        "epoch", (request, candidates) -> newestEpochs(candidates),
        "not-failed", keep((request, c) -> !request.excluded().contains(c.worker().ref())));
  }

  /**
   * The pool as a whole must be able to hold the sequence; what is free now is a matter of score.
   */
  private static boolean hasRoom(PlacementRequest request, Candidate candidate) {
    var registration = candidate.worker().registration();
    int needed = request.tokens() + request.maxTokens();
    return needed <= registration.maxPositions()
        && registration.layout().blocksFor(needed) <= registration.capacityBlocks();
  }

  /**
   * A worker that came back under another lane is listed twice until its old lease ends; epochs
   * grow over all lanes.
   */
  private static List<Candidate> newestEpochs(List<Candidate> candidates) {
    Map<WorkerId, Epoch> newest = new HashMap<>();
    candidates.forEach(
        c -> newest.merge(c.id(), c.worker().epoch(), (a, b) -> a.value() >= b.value() ? a : b));
    return candidates.stream().filter(c -> c.worker().epoch().equals(newest.get(c.id()))).toList();
  }

  private static Filter keep(BiPredicate<PlacementRequest, Candidate> condition) {
    return (request, candidates) ->
        candidates.stream().filter(candidate -> condition.test(request, candidate)).toList();
  }
}
