package dev.baton.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BlockHasherTest {
  private static final ModelFingerprint MODEL =
      new ModelFingerprint("00112233445566778899aabbccddeeff");
  private static final TokenIds TOKENS = TokenIds.of(IntStream.range(0, 50).toArray());

  @Test
  void namesOnlyFullBlocks() {
    assertThat(BlockHasher.chain(BlockHasher.root(MODEL, "a"), TOKENS).size()).isEqualTo(3);
  }

  @Test
  void sharedPrefixGivesEqualHashesUpToTheFirstDifference() {
    int[] other = TOKENS.toArray();
    other[20] = 999;
    BlockHash root = BlockHasher.root(MODEL, "a");
    BlockHashes first = BlockHasher.chain(root, TOKENS);
    BlockHashes second = BlockHasher.chain(root, TokenIds.of(other));
    assertThat(second.get(0)).isEqualTo(first.get(0));
    assertThat(second.get(1)).isNotEqualTo(first.get(1));
    assertThat(second.get(2)).isNotEqualTo(first.get(2));
  }

  @Test
  void tenantsAndModelsNeverShareABlockName() {
    BlockHashes one = BlockHasher.chain(BlockHasher.root(MODEL, "a"), TOKENS);
    BlockHashes otherTenant = BlockHasher.chain(BlockHasher.root(MODEL, "b"), TOKENS);
    BlockHashes otherModel =
        BlockHasher.chain(
            BlockHasher.root(new ModelFingerprint("ff112233445566778899aabbccddeeff"), "a"),
            TOKENS);
    assertThat(one.toList()).doesNotContainAnyElementsOf(otherTenant.toList());
    assertThat(one.toList()).doesNotContainAnyElementsOf(otherModel.toList());
  }

  @Test
  void incrementalChainEqualsTheWhole() {
    BlockHash root = BlockHasher.root(MODEL, "a");
    BlockHasher.Chain chain = new BlockHasher.Chain(root);
    BlockHashes whole = BlockHasher.chain(root, TOKENS);
    for (int block = 0; block < whole.size(); block++) {
      assertThat(chain.next(TOKENS.toArray(), block * 16)).isEqualTo(whole.get(block));
    }
  }
}
