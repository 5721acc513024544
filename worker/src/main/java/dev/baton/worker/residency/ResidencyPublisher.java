package dev.baton.worker.residency;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.Epoch;
import dev.baton.contracts.KvEvent;
import dev.baton.contracts.LaneRef;
import dev.baton.worker.blocks.ResidencyChanges;
import dev.baton.worker.loop.ResidencySink;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Numbers what the loop reports and passes it on as events of the current epoch. Events of an epoch
 * are numbered from 1 without gaps; one that is lost on its way leaves a gap, after which the
 * registry asks for a snapshot. Without a lane nothing is published: a new epoch begins with a
 * snapshot.
 */
public final class ResidencyPublisher implements ResidencySink {
  /** Hashes of one event; keeps a record well under Kafka's limit of 1 MiB. */
  static final int MAX_HASHES = 16_384;

  private final Consumer<KvEvent> events;
  private @Nullable LaneRef lane;
  private @Nullable Epoch epoch;
  private long sequence;

  /**
   * @param events takes events in order; must not block
   */
  public ResidencyPublisher(Consumer<KvEvent> events) {
    this.events = events;
  }

  /**
   * Begins an epoch, or goes on with the current one; the loop should be asked for its snapshot
   * next.
   */
  public synchronized void enterEpoch(LaneRef granted) {
    if (!granted.epoch().equals(epoch)) {
      sequence = 0;
    }
    epoch = granted.epoch();
    lane = granted;
  }

  /** Ends the epoch. */
  public synchronized void fence() {
    lane = null;
  }

  /** Number of the last event of the epoch, 0 if there is none yet. */
  public synchronized long sequence() {
    return sequence;
  }

  @Override
  public synchronized void changed(ResidencyChanges changes) {
    LaneRef source = lane;
    if (source == null) {
      return;
    }
    inParts(
        changes.dropped(),
        part ->
            events.accept(
                new KvEvent.Dropped(KvEvent.VERSION, source, ++sequence, BlockHashes.of(part))));
    inParts(
        changes.stored(),
        part ->
            events.accept(
                new KvEvent.Stored(KvEvent.VERSION, source, ++sequence, BlockHashes.of(part))));
  }

  @Override
  public synchronized void snapshot(List<BlockHash> resident) {
    LaneRef source = lane;
    if (source == null) {
      return;
    }
    int parts = Math.max(1, Math.ceilDiv(resident.size(), MAX_HASHES));
    for (int part = 0; part < parts; part++) {
      int from = part * MAX_HASHES;
      List<BlockHash> hashes = resident.subList(from, Math.min(resident.size(), from + MAX_HASHES));
      events.accept(
          new KvEvent.Snapshot(
              KvEvent.VERSION, source, ++sequence, part, parts, BlockHashes.of(hashes)));
    }
  }

  private static void inParts(List<BlockHash> hashes, Consumer<List<BlockHash>> use) {
    for (int from = 0; from < hashes.size(); from += MAX_HASHES) {
      use.accept(hashes.subList(from, Math.min(hashes.size(), from + MAX_HASHES)));
    }
  }
}
