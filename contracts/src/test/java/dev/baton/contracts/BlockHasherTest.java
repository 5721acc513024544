package dev.baton.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
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

  /**
   * Computed with Python's hashlib: {@code sha256(fingerprint + salt)[:16]}, then {@code
   * sha256(previous + struct.pack("<16i", *tokens))[:16]}. Another implementation must agree.
   */
  @Test
  void agreesWithVectorsComputedElsewhere() {
    BlockHash root = BlockHasher.root(MODEL, "acme");
    assertThat(root.hex()).isEqualTo("3708064e4394444c1db5e268c639e970");
    assertThat(BlockHasher.chain(root, TokenIds.of(IntStream.range(1000, 1032).toArray())).toList())
        .extracting(BlockHash::hex)
        .containsExactly("e794be58952a4071839fa6e080296d5c", "f1be6ef9ec3c6703cf0859b34553bbad");
  }

  @Test
  void longerPromptsKeepTheNamesOfTheirPrefix() {
    Random random = new Random(11);
    BlockHash root = BlockHasher.root(MODEL, "a");
    for (int i = 0; i < 100; i++) {
      TokenIds prompt = TokenIds.of(random.ints(random.nextInt(200), 0, 50_000).toArray());
      TokenIds more = TokenIds.of(random.ints(random.nextInt(100), 0, 50_000).toArray());
      BlockHashes hashes = BlockHasher.chain(root, prompt);
      assertThat(BlockHasher.chain(root, prompt.plus(more)).prefix(hashes.size()))
          .isEqualTo(hashes);
    }
  }

  @Test
  void everyTokenOfABlockAndItsPlaceCount() {
    BlockHash root = BlockHasher.root(MODEL, "a");
    int[] tokens = IntStream.range(0, 16).toArray();
    Set<BlockHash> seen = new HashSet<>();
    seen.add(BlockHasher.chain(root, TokenIds.of(tokens)).get(0));
    for (int i = 0; i < 16; i++) {
      int[] changed = tokens.clone();
      changed[i] += 1 << 20;
      seen.add(BlockHasher.chain(root, TokenIds.of(changed)).get(0));
      int[] swapped = tokens.clone();
      swapped[i] = tokens[(i + 1) % 16];
      swapped[(i + 1) % 16] = tokens[i];
      seen.add(BlockHasher.chain(root, TokenIds.of(swapped)).get(0));
    }
    assertThat(seen).hasSize(33);
  }
}
