package dev.baton.router.cluster;

import dev.baton.contracts.WorkerView;
import java.util.List;
import java.util.Locale;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;

/** {@code GET /v1/cluster}: the workers with their load. */
@RestController
class ClusterEndpoint {
  private final Cluster cluster;

  ClusterEndpoint(Cluster cluster) {
    this.cluster = cluster;
  }

  record View(List<Worker> workers) {}

  @JsonNaming(SnakeCaseStrategy.class)
  record Worker(
      String id,
      String role,
      String model,
      int lane,
      String state,
      int runningSequences,
      int waitingRequests,
      long waitingTokens,
      int freeBlocks,
      int capacityBlocks) {
    static Worker of(WorkerView view) {
      return new Worker(
          view.registration().worker().value(),
          view.registration().role().name().toLowerCase(Locale.ROOT),
          view.registration().model(),
          view.lane().number(),
          view.state().name().toLowerCase(Locale.ROOT),
          view.load().runningSequences(),
          view.load().waitingRequests(),
          view.load().waitingTokens(),
          view.load().freeBlocks(),
          view.registration().capacityBlocks());
    }
  }

  @GetMapping("/v1/cluster")
  View cluster() {
    return new View(cluster.workers().stream().map(Worker::of).toList());
  }
}
