package dev.baton.registry;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.HeartbeatReply;
import dev.baton.contracts.KvEvent;
import dev.baton.contracts.LaneRef;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Keeps a set of blocks and reports it as a worker does. */
final class SimulatedWorker {
  private final String name;
  private final Consumer<KvEvent> publish;
  private final Set<BlockHash> held = new LinkedHashSet<>();
  private LaneRef lane;
  private long sequence;

  SimulatedWorker(String name, LaneRef lane, Consumer<KvEvent> publish) {
    this.name = name;
    this.lane = lane;
    this.publish = publish;
  }

  LaneRef lane() {
    return lane;
  }

  Set<BlockHash> held() {
    return held;
  }

  long sequence() {
    return sequence;
  }

  void store(Collection<BlockHash> hashes) {
    held.addAll(hashes);
    publish.accept(
        new KvEvent.Stored(KvEvent.VERSION, lane, ++sequence, BlockHashes.of(List.copyOf(hashes))));
  }

  void drop(Collection<BlockHash> hashes) {
    held.removeAll(hashes);
    publish.accept(
        new KvEvent.Dropped(
            KvEvent.VERSION, lane, ++sequence, BlockHashes.of(List.copyOf(hashes))));
  }

  /** Changes what it holds without a word that arrives. */
  void loseTheEventOf(Collection<BlockHash> dropped) {
    held.removeAll(dropped);
    sequence++;
  }

  /** Changes what it holds without an event. */
  void forget(Collection<BlockHash> blocks) {
    held.removeAll(blocks);
  }

  void snapshot(int parts) {
    List<BlockHash> all = new ArrayList<>(held);
    for (int part = 0; part < parts; part++) {
      List<BlockHash> some =
          all.subList(all.size() * part / parts, all.size() * (part + 1) / parts);
      publish.accept(
          new KvEvent.Snapshot(
              KvEvent.VERSION, lane, ++sequence, part, parts, BlockHashes.of(some)));
    }
  }

  /** One beat with what a worker does upon the answer. */
  HeartbeatReply beat(Registry registry) {
    HeartbeatReply reply = registry.heartbeat(lane, sequence);
    if (reply.outcome() != HeartbeatReply.Outcome.RENEWED) {
      LaneRef granted = registry.register(name, Optional.of(lane));
      if (!granted.equals(lane)) {
        sequence = 0;
      }
      lane = granted;
    }
    if (reply.resync()) {
      snapshot(3);
    }
    return reply;
  }

  /** Begins its numbers anew under the epoch that it has. */
  void renumber() {
    sequence = 0;
  }

  /** Restarts with an empty pool. */
  void restart(Registry registry) {
    held.clear();
    sequence = 0;
    lane = registry.register(name);
  }

  int prefixOf(BlockHashes prompt) {
    int blocks = 0;
    while (blocks < prompt.size() && held.contains(prompt.get(blocks))) {
      blocks++;
    }
    return blocks;
  }
}
