package dev.baton.router.placement;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices scorers that do not work: a score outside [0, 1] or NaN counts at once, one that never
 * tells anything, or never tells one worker from another, is logged after many placements in a row.
 * Without it a scorer whose data never come looks exactly like one that finds all workers equal.
 * Thread-safe.
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
    boolean hasData = false;
    boolean outOfRange = false;
    boolean discriminates = false;
    for (double score : scores) {
      hasData |= score > 0;
      outOfRange |= !(score >= 0 && score <= 1);
      discriminates |= score != scores[0];
    }
    if (outOfRange) {
      count("out.of.range", scorer);
    }
    if (scores.length != candidates || !hasData) {
      count("without.data", scorer);
    } else if (candidates > 1 && !discriminates) {
      count("indifferent", scorer);
    } else {
      silent(scorer).set(0);
      return;
    }
    if (silent(scorer).incrementAndGet() == SUSPICIOUS) {
      log.warn(
          "scorer {} has told no worker from another in {} placements: are its data coming in?",
          scorer,
          SUSPICIOUS);
    }
  }

  /** Placements in a row in which the scorer told nothing. */
  int silence(String scorer) {
    return silent(scorer).get();
  }

  private AtomicInteger silent(String scorer) {
    return inARow.computeIfAbsent(scorer, name -> new AtomicInteger());
  }

  private void count(String what, String scorer) {
    meters.counter("baton.router.placement.scorer." + what, "scorer", scorer).increment();
  }
}
