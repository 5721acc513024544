package dev.baton.worker.blocks;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Where a named block lies in the pool, and how many others were built on it. Full blocks only; one
 * owner.
 */
final class PrefixIndex {
  private final Map<BlockHash, Integer> blocks = new HashMap<>();
  private final Map<BlockHash, Integer> children = new HashMap<>();

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

  /** False if the name is taken. */
  boolean putIfAbsent(BlockHash hash, int block, BlockHash parent) {
    if (blocks.putIfAbsent(hash, block) != null) {
      return false;
    }
    children.merge(parent, 1, Integer::sum);
    return true;
  }

  void remove(BlockHash hash, BlockHash parent) {
    blocks.remove(hash);
    children.computeIfPresent(parent, (_, count) -> count == 1 ? null : count - 1);
  }

  /** Whether a block is here that was built on this one, be that here or not. */
  boolean hasChildren(BlockHash hash) {
    return children.containsKey(hash);
  }

  List<BlockHash> hashes() {
    return List.copyOf(blocks.keySet());
  }

  int size() {
    return blocks.size();
  }
}
