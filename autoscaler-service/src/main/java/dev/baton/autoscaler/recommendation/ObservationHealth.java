package dev.baton.autoscaler.recommendation;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * Up while Kafka and the registry were both seen lately; what they say, and whether any worker is
 * there, does not matter.
 */
@Component("observation")
class ObservationHealth implements HealthIndicator {
  private final RecommendationBoard board;
  private final Duration limit;

  ObservationHealth(RecommendationBoard board, AutoscalerProperties properties) {
    this.board = board;
    this.limit = properties.interval().multipliedBy(properties.readyIntervals());
  }

  @Override
  public Health health() {
    Optional<Duration> age = board.age();
    List<String> problems = board.latest().map(Recommendation::problems).orElse(List.of());
    boolean seen = age.isPresent() && age.get().compareTo(limit) <= 0;
    return (seen ? Health.up() : Health.outOfService())
        .withDetail("observed", age.map(it -> it.toMillis() + " ms ago").orElse("never"))
        .withDetail("limit", limit.toMillis() + " ms")
        .withDetail("problems", problems)
        .build();
  }
}
