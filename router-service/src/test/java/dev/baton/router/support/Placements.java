package dev.baton.router.support;

import dev.baton.contracts.LinkRate;
import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerLoad;
import dev.baton.contracts.WorkerView;
import dev.baton.router.placement.PlacementProperties;
import dev.baton.router.placement.PlacementRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Requests, profiles and loads for tests of placement. */
public final class Placements {
  private Placements() {}

  public static PlacementRequest request(int tokens, long turn) {
    return request(tokens, turn, Optional.empty());
  }

  public static PlacementRequest request(int tokens, long turn, Optional<String> session) {
    return new PlacementRequest(
        "deal-analyst",
        tokens,
        100,
        true,
        Set.of(),
        Set.of(new WorkerId("prefill-8"), new WorkerId("prefill-9")),
        session,
        turn);
  }

  public static PlacementProperties path(PlacementProperties.PathMode path) {
    return new PlacementProperties("default", Map.of(), path, 64);
  }

  public static PlacementProperties profile(
      List<String> filters, Map<String, Double> scorers, String picker) {
    return new PlacementProperties(
        "mine",
        Map.of(
            "mine",
            new PlacementProperties.Profile(
                filters, scorers, picker, PlacementProperties.Residency.PRECISE)),
        PlacementProperties.PathMode.AUTO,
        64);
  }

  /** An idle worker that computes at a rate and reads from each prefill worker at another. */
  public static WorkerView measured(
      WorkerView view, double tokensPerSecond, double bytesPerSecond) {
    return Workers.with(
        view,
        new WorkerLoad(
            0,
            0,
            0,
            Workers.BLOCKS,
            tokensPerSecond,
            0,
            List.of(
                new LinkRate(new WorkerId("prefill-8"), "tcp", bytesPerSecond),
                new LinkRate(new WorkerId("prefill-9"), "tcp", bytesPerSecond))));
  }
}
