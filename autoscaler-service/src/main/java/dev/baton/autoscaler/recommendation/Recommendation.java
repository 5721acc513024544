package dev.baton.autoscaler.recommendation;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The latest decisions with everything that led to them ({@code GET /recommendation}).
 *
 * @param mode {@code recommend} or {@code apply}
 * @param observedAt when the signals were read
 * @param tiers by {@code prefill} and {@code decode}
 * @param problems sources that did not answer at the last attempt
 */
record Recommendation(
    String mode, Instant observedAt, Map<String, TierView> tiers, List<String> problems) {
  /**
   * One tier.
   *
   * @param current replicas it is set to, or workers that report where nothing can be set; null
   *     while unknown
   * @param outcome {@code recommended}, {@code unchanged}, {@code scaled} or {@code failed}
   */
  record TierView(
      @Nullable Integer current,
      int desired,
      List<SignalView> signals,
      List<String> reasons,
      String outcome,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String failure) {}

  /** A signal; value and age are null while it is unknown. */
  record SignalView(
      String name, String unit, @Nullable Double value, @Nullable Double ageSeconds) {}
}
