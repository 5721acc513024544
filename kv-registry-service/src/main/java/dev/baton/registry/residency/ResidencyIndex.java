package dev.baton.registry.residency;

import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.KvEvent;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.PrefixMatches;
import dev.baton.contracts.PrefixQuery;
import dev.baton.contracts.WorkerView;
import dev.baton.registry.directory.WorkerDirectory;
import dev.baton.registry.residency.ResidencyStore.Progress;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Follows the workers' events and answers who holds how much of a prompt.
 *
 * <p>Events of one worker and epoch are numbered without gaps. An older event is dropped as a
 * duplicate; after a gap the lane counts as incomplete until a snapshot arrives, which the next
 * heartbeat asks for. Bits of a lane are believed only while the directory's epoch is the one that
 * set them, so blocks of a dead worker are never returned.
 */
@Component
public class ResidencyIndex {
  private static final Logger log = LoggerFactory.getLogger(ResidencyIndex.class);
  private static final int CHUNK = 128;

  private final ResidencyStore store;
  private final WorkerDirectory directory;
  private final MeterRegistry meters;

  public ResidencyIndex(ResidencyStore store, WorkerDirectory directory, MeterRegistry meters) {
    this.store = store;
    this.directory = directory;
    this.meters = meters;
  }

  /** Applies one event; events of a lane must come one after the other. */
  public void apply(KvEvent event) {
    Lane lane = event.source().lane();
    long epoch = event.source().epoch().value();
    Progress known = store.progress(lane);
    if (epoch < known.epoch()) {
      count("stale");
      return;
    }
    if (epoch > known.epoch()) {
      store.clear(lane);
      known = new Progress(epoch, 0, true);
    }
    switch (event) {
      case KvEvent.Snapshot snapshot -> applySnapshot(lane, known, snapshot);
      case KvEvent.Stored stored ->
          applyChange(lane, known, stored, () -> add(lane, stored.hashes()));
      case KvEvent.Dropped dropped ->
          applyChange(lane, known, dropped, () -> store.remove(lane, dropped.hashes()));
    }
  }

  private void applyChange(Lane lane, Progress known, KvEvent event, Runnable change) {
    if (event.sequence() <= known.sequence()) {
      count("duplicate");
      return;
    }
    boolean gap = event.sequence() != known.sequence() + 1;
    if (gap) {
      count("gap");
      log.warn(
          "lane {} of {}: event {} follows {}, asking for a snapshot",
          lane.number(),
          event.source().worker(),
          event.sequence(),
          known.sequence());
    }
    change.run();
    store.record(lane, new Progress(known.epoch(), event.sequence(), known.complete() && !gap));
    count("applied");
  }

  private void applySnapshot(Lane lane, Progress known, KvEvent.Snapshot snapshot) {
    if (snapshot.sequence() <= known.sequence() && known.complete()) {
      count("duplicate");
      return;
    }
    boolean inOrder = snapshot.part() == 0 || snapshot.sequence() == known.sequence() + 1;
    if (snapshot.part() == 0) {
      store.clear(lane);
    }
    add(lane, snapshot.hashes());
    boolean last = snapshot.part() == snapshot.parts() - 1;
    store.record(lane, new Progress(known.epoch(), snapshot.sequence(), last && inOrder));
    count("snapshot");
  }

  private void add(Lane lane, BlockHashes hashes) {
    int refused = store.add(lane, hashes);
    if (refused > 0) {
      meters.counter("baton.registry.blocks.refused").increment(refused);
    }
  }

  /** Leading blocks of the query that each live worker holds. */
  public PrefixMatches longestPrefix(PrefixQuery query) {
    long alive = believedLanes();
    Map<Integer, Integer> longest = new HashMap<>();
    BlockHashes hashes = query.hashes();
    for (int from = 0; from < hashes.size() && alive != 0; from += CHUNK) {
      int to = Math.min(hashes.size(), from + CHUNK);
      long[] bitmaps = store.bitmaps(hashes, from, to);
      for (int i = 0; i < bitmaps.length && alive != 0; i++) {
        alive &= bitmaps[i];
        for (long rest = alive; rest != 0; rest &= rest - 1) {
          longest.put(Long.numberOfTrailingZeros(rest), from + i + 1);
        }
      }
    }
    return new PrefixMatches(PrefixMatches.VERSION, longest);
  }

  private long believedLanes() {
    List<WorkerView> workers = directory.all();
    List<Progress> progress = store.progress(workers.stream().map(WorkerView::lane).toList());
    long lanes = 0;
    for (int i = 0; i < workers.size(); i++) {
      if (progress.get(i).epoch() == workers.get(i).epoch().value()) {
        lanes |= 1L << workers.get(i).lane().number();
      }
    }
    return lanes;
  }

  /** Whether the index has missed something of what this worker published. */
  public boolean needsSnapshot(LaneRef worker, long published) {
    Progress known = store.progress(worker.lane());
    if (known.epoch() != worker.epoch().value()) {
      return published > 0;
    }
    return !known.complete();
  }

  private void count(String outcome) {
    meters.counter("baton.registry.events", "outcome", outcome).increment();
  }
}
