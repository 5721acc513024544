package dev.baton.registry.residency;

import dev.baton.contracts.KvEvent;
import dev.baton.contracts.PrefixMatches;
import dev.baton.contracts.PrefixQuery;
import dev.baton.registry.residency.ResidencyStore.Applied;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Follows the workers' events and answers who holds how much of a prompt.
 *
 * <p>Events of one worker and epoch are numbered without gaps. An older event is dropped as a
 * duplicate; after a gap the lane counts as incomplete until a snapshot arrives, which the next
 * heartbeat asks for. Only the events of the worker that has the lane's lease count, and bits of a
 * lane are answered only while they belong to it, so blocks of a dead worker are never returned. An
 * incomplete lane is still answered: a worker checks what it is told before it relies on it.
 */
@Component
public class ResidencyIndex {
  private static final Logger log = LoggerFactory.getLogger(ResidencyIndex.class);

  private final ResidencyStore store;
  private final MeterRegistry meters;

  public ResidencyIndex(ResidencyStore store, MeterRegistry meters) {
    this.store = store;
    this.meters = meters;
  }

  /** Applies one event; safe to repeat. */
  public void apply(KvEvent event) {
    Applied applied = store.apply(event);
    meters
        .counter(
            "baton.registry.events", "outcome", applied.outcome().name().toLowerCase(Locale.ROOT))
        .increment();
    if (applied.gap()) {
      meters.counter("baton.registry.gaps").increment();
      log.atWarn()
          .addKeyValue("worker", event.source().worker())
          .addKeyValue("lane", event.source().lane().number())
          .addKeyValue("sequence", event.sequence())
          .log("events of {} are missing, asking for a snapshot", event.source().worker());
    }
    if (applied.refused() > 0) {
      meters.counter("baton.registry.blocks.refused").increment(applied.refused());
    }
  }

  /** Leading blocks of the query that each live worker holds. */
  public PrefixMatches longestPrefix(PrefixQuery query) {
    ResidencyStore.Holders holders = store.holders(query.hashes());
    long alive = holders.believed();
    Map<Integer, Integer> longest = new HashMap<>();
    long[] bitmaps = holders.bitmaps();
    for (int i = 0; i < bitmaps.length && alive != 0; i++) {
      alive &= bitmaps[i];
      for (long rest = alive; rest != 0; rest &= rest - 1) {
        longest.put(Long.numberOfTrailingZeros(rest), i + 1);
      }
    }
    return new PrefixMatches(PrefixMatches.VERSION, longest);
  }
}
