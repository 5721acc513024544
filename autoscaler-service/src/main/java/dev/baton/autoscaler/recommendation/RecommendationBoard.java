package dev.baton.autoscaler.recommendation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** The latest recommendation, and when everything was last seen. Thread-safe. */
@Component
class RecommendationBoard {
  private final Clock clock;
  private volatile Content content = new Content(Optional.empty(), Optional.empty());

  private record Content(Optional<Recommendation> latest, Optional<Instant> complete) {}

  RecommendationBoard(Clock clock) {
    this.clock = clock;
  }

  /**
   * @param complete whether every source answered
   */
  void publish(Recommendation recommendation, boolean complete) {
    content =
        new Content(
            Optional.of(recommendation),
            complete ? Optional.of(recommendation.observedAt()) : content.complete());
  }

  Optional<Recommendation> latest() {
    return content.latest();
  }

  /** Time since every source answered; empty before the first such round. */
  Optional<Duration> age() {
    return content.complete().map(at -> Duration.between(at, clock.instant()));
  }
}
