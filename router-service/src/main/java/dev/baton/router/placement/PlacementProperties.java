package dev.baton.router.placement;

import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How placement decides.
 *
 * @param profile name of the profile in use
 * @param profiles by name; {@code default} is always there
 * @param path whether the prompt is computed on the prefill tier
 * @param localSuffixTokens a decode worker computes at most so many missing tokens itself
 */
@ConfigurationProperties("baton.router.placement")
public record PlacementProperties(
    @DefaultValue("default") String profile,
    @DefaultValue Map<String, Profile> profiles,
    @DefaultValue("auto") PathMode path,
    @DefaultValue("64") int localSuffixTokens) {

  /** Whether the prompt is computed on the prefill tier. */
  public enum PathMode {
    AUTO,
    DISAGGREGATED,
    DECODE_LOCAL
  }

  /**
   * A placement pipeline by names.
   *
   * @param scorers name → weight
   */
  public record Profile(List<String> filters, Map<String, Double> scorers, String picker) {
    static final Profile DEFAULT =
        new Profile(
            List.of("ready", "model", "room", "not-failed"),
            Map.of("prefix-residency", 2.0, "load", 1.0, "kv-occupancy", 0.5),
            "best");
  }

  /**
   * @throws IllegalArgumentException if no profile has the configured name
   */
  Profile active() {
    Profile configured = profiles.get(profile);
    if (configured != null) {
      return configured;
    }
    if (profile.equals("default")) {
      return Profile.DEFAULT;
    }
    throw new IllegalArgumentException(
        "baton.router.placement.profile names no profile: "
            + profile
            + ", there are "
            + profiles.keySet());
  }
}
