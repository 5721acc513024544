package dev.baton.router.cluster;

import dev.baton.contracts.WorkerLoad;
import java.util.List;
import java.util.Locale;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/cluster}: the workers with their load. */
@RestController
class ClusterEndpoint {
  private final Cluster cluster;

  ClusterEndpoint(Cluster cluster) {
    this.cluster = cluster;
  }

  record View(List<Worker> workers) {}

  record Worker(
      String id,
      String role,
      String model,
      int lane,
      String state,
      WorkerLoad load,
      int capacityBlocks) {}

  @GetMapping("/v1/cluster")
  View cluster() {
    return new View(
        cluster.workers().stream()
            .map(view ->
                new Worker(
                    view.registration().worker().value(),
                    view.registration().role().name().toLowerCase(Locale.ROOT),
                    view.registration().model(),
                    view.lane().number(),
                    view.state().name().toLowerCase(Locale.ROOT),
                    view.load(),
                    view.registration().capacityBlocks()))
            .toList());
  }
}
