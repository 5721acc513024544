package dev.baton.router.health;

import dev.baton.router.cluster.Cluster;
import dev.baton.router.text.ServedModels;
import dev.baton.router.text.TextModel;
import java.util.List;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * Up while every served model has a decode worker: readiness then means that requests can be
 * served.
 */
@Component("models")
class ModelsHealth implements HealthIndicator {
  private final Cluster cluster;
  private final ServedModels models;

  ModelsHealth(Cluster cluster, ServedModels models) {
    this.cluster = cluster;
    this.models = models;
  }

  @Override
  public Health health() {
    List<String> without =
        models.all().stream()
            .map(TextModel::name)
            .filter(name -> !cluster.hasDecodeWorker(name))
            .toList();
    return without.isEmpty()
        ? Health.up().build()
        : Health.outOfService().withDetail("modelsWithoutDecodeWorker", without).build();
  }
}
