package dev.baton.worker.blocks;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Where a named block lies in the pool. Full blocks only; one owner. */
final class PrefixIndex {
  private final Map<BlockHash, Integer> blocks = new HashMap<>();

  OptionalInt find(BlockHash hash) {
    Integer block = blocks.get(hash);
    return block == null ? OptionalInt.empty() : OptionalInt.of(block);
  }

  /** The blocks of the longest resident prefix of {@code chain}, at most {@code limit} of them. */
  int[] longestPrefix(BlockHashes chain, int limit) {
    int[] found = new int[Math.min(limit, chain.size())];
    for (int i = 0; i < found.length; i++) {
      OptionalInt block = find(chain.get(i));
      if (block.isEmpty()) {
        return Arrays.copyOf(found, i);
      }
      found[i] = block.getAsInt();
    }
    return found;
  }

  boolean putIfAbsent(BlockHash hash, int block) {
    return blocks.putIfAbsent(hash, block) == null;
  }

  void remove(BlockHash hash) {
    blocks.remove(hash);
  }

  List<BlockHash> hashes() {
    return List.copyOf(blocks.keySet());
  }

  int size() {
    return blocks.size();
  }
}
