package dev.baton.router.placement;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices scorers that do not work: a score outside [0, 1] or NaN counts at once, one that never
 * tells anything is logged after many placements in a row. Without it a scorer whose data never
 * come looks exactly like one that finds all workers equal. Thread-safe.
 */
final class ScorerWatch {
  static final int SUSPICIOUS = 1000;

  private static final Logger log = LoggerFactory.getLogger(ScorerWatch.class);

  private final MeterRegistry meters;
  private final Map<String, AtomicInteger> inARow = new ConcurrentHashMap<>();

  ScorerWatch(MeterRegistry meters) {
    this.meters = meters;
  }

  void seen(String scorer, double[] scores, int candidates) {
    boolean tells = false;
    boolean outOfRange = false;
    for (double score : scores) {
      tells |= score > 0;
      outOfRange |= !(score >= 0 && score <= 1);
    }
    if (outOfRange) {
      count("out.of.range", scorer);
    }
    if (scores.length != candidates || !tells) {
      count("without.data", scorer);
    }
    AtomicInteger silent = inARow.computeIfAbsent(scorer, name -> new AtomicInteger());
    if (tells) {
      silent.set(0);
    } else if (silent.incrementAndGet() == SUSPICIOUS) {
      log.warn(
          "scorer {} has told nothing in {} placements: are its data coming in?",
          scorer,
          SUSPICIOUS);
    }
  }

  /** Placements in a row in which the scorer told nothing. */
  int silence(String scorer) {
    AtomicInteger silent = inARow.get(scorer);
    return silent == null ? 0 : silent.get();
  }

  private void count(String what, String scorer) {
    meters.counter("baton.router.placement.scorer." + what, "scorer", scorer).increment();
  }
}
