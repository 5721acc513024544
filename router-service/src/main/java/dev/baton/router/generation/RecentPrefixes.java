package dev.baton.router.generation;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.PrefixMatches;
import dev.baton.contracts.WorkerView;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;

/**
 * Which workers this router has sent which prefixes to of late: a guess at who holds them, without
 * a word from the workers. What they have dropped since, and what other routers sent, it does not
 * know. Thread-safe.
 */
@Component
class RecentPrefixes {
  private static final int MOST_BLOCKS = 200_000;
  private static final Duration KEPT = Duration.ofMinutes(10);

  private final Cache<BlockHash, Set<LaneRef>> sentTo =
      Caffeine.newBuilder().maximumSize(MOST_BLOCKS).expireAfterWrite(KEPT).build();

  void sent(BlockHashes hashes, LaneRef worker) {
    for (int i = 0; i < hashes.size(); i++) {
      sentTo.asMap().merge(hashes.get(i), Set.of(worker), RecentPrefixes::union);
    }
  }

  /** Longest prefix by lane, of workers that are there under the same epoch. */
  PrefixMatches longest(BlockHashes hashes, List<WorkerView> workers) {
    Set<LaneRef> alive = workers.stream().map(WorkerView::ref).collect(Collectors.toSet());
    Map<Integer, Integer> blocks = new HashMap<>();
    for (int i = 0; i < hashes.size() && !alive.isEmpty(); i++) {
      Set<LaneRef> holders = sentTo.asMap().getOrDefault(hashes.get(i), Set.of());
      alive.removeIf(worker -> !holders.contains(worker));
      for (LaneRef worker : alive) {
        blocks.put(worker.lane().number(), i + 1);
      }
    }
    return new PrefixMatches(PrefixMatches.VERSION, blocks);
  }

  private static Set<LaneRef> union(Set<LaneRef> before, Set<LaneRef> more) {
    if (before.containsAll(more)) {
      return before;
    }
    Set<LaneRef> all = new HashSet<>(before);
    all.addAll(more);
    return Set.copyOf(all);
  }
}
