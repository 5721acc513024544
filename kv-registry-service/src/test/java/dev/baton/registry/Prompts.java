package dev.baton.registry;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.TokenIds;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Block chains of random prompts, many of which share a prefix. */
final class Prompts {
  private Prompts() {}

  static BlockHashes one(int blocks, long seed) {
    Random random = new Random(seed);
    return chain(random.ints((long) blocks * BlockHasher.BLOCK_TOKENS, 0, 1000).toArray());
  }

  static List<BlockHashes> family(int count, int blocks, Random random) {
    List<BlockHashes> prompts = new ArrayList<>();
    int[] tokens = random.ints((long) blocks * BlockHasher.BLOCK_TOKENS, 0, 1000).toArray();
    for (int i = 0; i < count; i++) {
      prompts.add(chain(tokens));
      int from = random.nextInt(tokens.length);
      for (int t = from; t < tokens.length; t++) {
        tokens[t] = random.nextInt(1000);
      }
    }
    return prompts;
  }

  private static BlockHashes chain(int[] tokens) {
    BlockHash root =
        BlockHasher.root(new ModelFingerprint("00112233445566778899aabbccddeeff"), "tenant");
    return BlockHasher.chain(root, TokenIds.of(tokens));
  }
}
