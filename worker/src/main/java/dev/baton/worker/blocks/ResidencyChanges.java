package dev.baton.worker.blocks;

import dev.baton.contracts.BlockHash;
import java.util.List;

/**
 * What a pool has gained and lost since it was last asked, net: a hash is in neither list if it
 * came and went. Apply {@code dropped} first.
 */
public record ResidencyChanges(List<BlockHash> dropped, List<BlockHash> stored) {
  public ResidencyChanges {
    dropped = List.copyOf(dropped);
    stored = List.copyOf(stored);
  }

  public boolean isEmpty() {
    return dropped.isEmpty() && stored.isEmpty();
  }
}
