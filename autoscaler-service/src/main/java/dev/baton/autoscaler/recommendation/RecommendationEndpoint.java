package dev.baton.autoscaler.recommendation;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /recommendation}; 503 before the first round has ended. */
@RestController
class RecommendationEndpoint {
  private final RecommendationBoard board;

  RecommendationEndpoint(RecommendationBoard board) {
    this.board = board;
  }

  /** The platform's error shape; {@code param} is always null here. */
  record Unavailable(Error error) {
    record Error(String message, String type, @Nullable String param, String code) {}
  }

  @GetMapping("/recommendation")
  ResponseEntity<?> recommendation() {
    var latest = board.latest();
    if (latest.isPresent()) {
      return ResponseEntity.ok(latest.get());
    }
    return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
        .header(HttpHeaders.RETRY_AFTER, "1")
        .body(
            new Unavailable(
                new Unavailable.Error(
                    "nothing has been observed yet", "unavailable_error", null, "not_observed")));
  }
}
