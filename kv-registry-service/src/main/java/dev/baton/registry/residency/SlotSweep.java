package dev.baton.registry.residency;

import dev.baton.contracts.Lane;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Frees the entries of tellings that are over: of lanes whose worker is gone for good, and those
 * that a snapshot has replaced. They are not answered from the moment that they are over; this is
 * about memory. Any number of registries may sweep at once.
 */
@Component
class SlotSweep {
  private static final Logger log = LoggerFactory.getLogger(SlotSweep.class);

  /** Rest after a step as a multiple of its time: the sweep takes at most a fifth of Redis. */
  private static final int REST = 4;

  private final ResidencyStore store;
  private final ResidencyProperties properties;
  private final Clock clock;
  private final Map<Lane, Instant> since = new HashMap<>();

  SlotSweep(ResidencyStore store, ResidencyProperties properties, Clock clock) {
    this.store = store;
    this.properties = properties;
    this.clock = clock;
  }

  @Scheduled(fixedDelay = 2, timeUnit = TimeUnit.SECONDS)
  synchronized void run() {
    try {
      retireAbandoned();
      long started = System.nanoTime();
      while (store.sweep()) {
        TimeUnit.NANOSECONDS.sleep(REST * (System.nanoTime() - started));
        started = System.nanoTime();
      }
    } catch (DataAccessException e) {
      log.debug("no sweep without Redis", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void retireAbandoned() {
    Set<Lane> abandoned = store.abandoned();
    since.keySet().retainAll(abandoned);
    Instant now = clock.instant();
    for (Lane lane : abandoned) {
      Instant first = since.computeIfAbsent(lane, _ -> now);
      if (!first.plus(properties.orphanGrace()).isAfter(now)) {
        since.remove(lane);
        if (store.retire(lane)) {
          log.info("the entries of lane {} are left to the sweep", lane.number());
        }
      }
    }
  }
}
