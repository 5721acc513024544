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

  /** Where the knowledge of who holds which prefix comes from. */
  public enum Residency {
    /** From the registry, that is from what the workers say they hold. */
    PRECISE,
    /** From where this router has sent such prefixes of late. */
    APPROXIMATE,
    /** Nowhere. */
    NONE
  }

  /**
   * A placement pipeline by names.
   *
   * @param scorers name → weight, 0 or more
   * @param residency where the knowledge of who holds what comes from
   */
  public record Profile(
      @DefaultValue({"ready", "model", "room", "epoch", "not-failed"}) List<String> filters,
      @DefaultValue Map<String, Double> scorers,
      @DefaultValue("best") String picker,
      @DefaultValue("precise") Residency residency) {
    public Profile {
      filters = List.copyOf(filters);
      scorers = Map.copyOf(scorers);
      scorers.forEach((name, weight) -> {
        if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
          throw new IllegalArgumentException(
              "the weight of scorer " + name + " must be 0 or more, was " + weight);
        }
      });
      if (!scorers.isEmpty() && scorers.values().stream().allMatch(weight -> weight == 0)) {
        throw new IllegalArgumentException(
            "every scorer has weight 0, so that none can tell workers apart: " + scorers.keySet());
      }
      if (residency == Residency.NONE && scorers.getOrDefault("prefix-residency", 0.0) > 0) {
        throw new IllegalArgumentException(
            "scorer prefix-residency has a weight, but residency is none");
      }
    }

    static final Profile DEFAULT =
        new Profile(
            List.of("ready", "model", "room", "epoch", "not-failed"),
            Map.of(
                "prefix-residency", 2.0, "load", 1.0, "kv-occupancy", 0.5, "transfer-cost", 0.25),
            "power-of-two",
            Residency.PRECISE);
  }

  /**
   * @throws IllegalArgumentException if no profile has the configured name
   */
  public Profile active() {
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
