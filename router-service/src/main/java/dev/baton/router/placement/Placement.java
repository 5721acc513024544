package dev.baton.router.placement;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the pipeline: filters one after the other, then every scorer, then the picker. It alone
 * clamps, weighs, times and counts. Thread-safe.
 */
public final class Placement {
  private static final Logger log = LoggerFactory.getLogger(Placement.class);

  private final Map<String, Filter> filters = new LinkedHashMap<>();
  private final Map<String, Scorer> scorers = new LinkedHashMap<>();
  private final Map<String, Double> weights;
  private final Picker picker;
  private final MeterRegistry meters;
  private final ScorerWatch watch;

  /**
   * @throws IllegalArgumentException if the profile names a filter, scorer or picker that does not
   *     exist
   */
  public Placement(PlacementProperties properties, MeterRegistry meters) {
    PlacementProperties.Profile profile = properties.active();
    profile.filters().forEach(name -> filters.put(name, named("filter", name, Filters.all())));
    profile.scorers().keySet().stream()
        .sorted()
        .forEach(name -> scorers.put(name, named("scorer", name, Scorers.all())));
    this.weights = Map.copyOf(profile.scorers());
    weights.forEach((name, weight) -> {
      if (weight == 0) {
        log.warn("scorer {} has weight 0: it is asked and never counts", name);
      }
    });
    this.picker = named("picker", profile.picker(), Pickers.all());
    this.meters = meters;
    this.watch = new ScorerWatch(meters);
  }

  /** What came of a placement. */
  public sealed interface Outcome {
    PlacementReport report();

    record Placed(Candidate candidate, PlacementReport report) implements Outcome {}

    record NoCandidate(PlacementReport report) implements Outcome {}
  }

  public Outcome place(PlacementRequest request, List<Candidate> candidates) {
    long started = System.nanoTime();
    Map<String, String> dropped = new TreeMap<>();
    List<Candidate> left = candidates;
    for (var filter : filters.entrySet()) {
      List<Candidate> kept = filter.getValue().keep(request, left);
      left.stream()
          .filter(candidate -> !kept.contains(candidate))
          .forEach(candidate -> dropped.put(candidate.id().value(), filter.getKey()));
      left = kept;
    }
    Map<String, Map<String, Double>> scores = new TreeMap<>();
    List<String> withoutData = new ArrayList<>();
    double[] sums = new double[left.size()];
    if (!left.isEmpty()) {
      for (var scorer : scorers.entrySet()) {
        add(
            scorer.getKey(),
            scorer.getValue().score(request, left),
            left,
            sums,
            scores,
            withoutData);
      }
    }
    Optional<Candidate> chosen =
        left.isEmpty() ? Optional.empty() : Optional.of(left.get(picker.pick(request, left, sums)));
    long nanos = System.nanoTime() - started;
    meters.timer("baton.router.placement").record(nanos, TimeUnit.NANOSECONDS);
    PlacementReport report =
        new PlacementReport(
            dropped,
            scores,
            List.copyOf(withoutData),
            chosen.map(c -> c.id().value()),
            nanos / 1000);
    log.debug("placement: {}", report);
    return chosen
        .<Outcome>map(candidate -> new Outcome.Placed(candidate, report))
        .orElseGet(() -> new Outcome.NoCandidate(report));
  }

  private void add(
      String name,
      double[] raw,
      List<Candidate> candidates,
      double[] sums,
      Map<String, Map<String, Double>> scores,
      List<String> withoutData) {
    watch.seen(name, raw, candidates.size());
    if (raw.length != candidates.size()) {
      withoutData.add(name);
      return;
    }
    double weight = weights.getOrDefault(name, 0.0);
    boolean tells = false;
    for (int i = 0; i < raw.length; i++) {
      double score = Double.isNaN(raw[i]) ? 0 : Math.clamp(raw[i], 0, 1);
      tells |= score > 0;
      sums[i] += weight * score;
      scores
          .computeIfAbsent(candidates.get(i).id().value(), worker -> new TreeMap<>())
          .put(name, score);
    }
    if (!tells) {
      withoutData.add(name);
    }
  }

  private static <T> T named(String kind, String name, Map<String, T> all) {
    T found = all.get(name);
    if (found == null) {
      throw new IllegalArgumentException(
          "baton.router.placement: there is no "
              + kind
              + " named "
              + name
              + ", there are "
              + new TreeSet<>(all.keySet()));
    }
    return found;
  }
}
