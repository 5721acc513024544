package dev.baton.registry.residency;

import dev.baton.contracts.Lane;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Frees the entries of lanes whose worker is gone for good. They are not answered from the moment
 * that the lease ends; this is about memory. Any number of registries may sweep at once.
 */
@Component
class OrphanSweep {
  private static final Logger log = LoggerFactory.getLogger(OrphanSweep.class);

  private final ResidencyStore store;
  private final ResidencyProperties properties;
  private final Clock clock;
  private final Map<Lane, Instant> since = new HashMap<>();

  OrphanSweep(ResidencyStore store, ResidencyProperties properties, Clock clock) {
    this.store = store;
    this.properties = properties;
    this.clock = clock;
  }

  @Scheduled(fixedDelay = 2, timeUnit = TimeUnit.SECONDS)
  synchronized void sweep() {
    try {
      List<Lane> orphans = store.orphans();
      since.keySet().retainAll(orphans);
      Instant now = clock.instant();
      for (Lane lane : orphans) {
        Instant first = since.computeIfAbsent(lane, _ -> now);
        if (!first.plus(properties.orphanGrace()).isAfter(now)) {
          store.clearOrphan(lane);
          since.remove(lane);
          log.info("freed the entries of lane {}, which nobody holds", lane.number());
        }
      }
    } catch (DataAccessException e) {
      log.debug("no sweep without Redis", e);
    }
  }
}
