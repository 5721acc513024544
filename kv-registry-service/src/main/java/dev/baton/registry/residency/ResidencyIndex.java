package dev.baton.registry.residency;

import dev.baton.contracts.KvEvent;
import dev.baton.contracts.PrefixMatches;
import dev.baton.contracts.PrefixQuery;
import dev.baton.registry.residency.ResidencyStore.Applied;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

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

  /** What arrives out of order within a batch is no gap. */
  private static final Comparator<KvEvent> IN_ORDER =
      Comparator.comparing((KvEvent event) -> event.source().lane())
          .thenComparing(event -> event.source().epoch())
          .thenComparingLong(KvEvent::sequence);

  private final ResidencyStore store;
  private final ResidencyReader reader;
  private final MeterRegistry meters;

  public ResidencyIndex(ResidencyStore store, ResidencyReader reader, MeterRegistry meters) {
    this.store = store;
    this.reader = reader;
    this.meters = meters;
  }

  /** Applies a batch of events; safe to repeat. */
  public void apply(List<KvEvent> batch) {
    List<KvEvent> events = batch.stream().sorted(IN_ORDER).toList();
    List<Applied> applied = store.apply(events);
    for (int i = 0; i < events.size(); i++) {
      note(events.get(i), applied.get(i));
    }
  }

  private void note(KvEvent event, Applied applied) {
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
  public Mono<PrefixMatches> longestPrefix(PrefixQuery query) {
    return reader.walk(query.hashes()).map(PrefixWalk::matches);
  }
}
