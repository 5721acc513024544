package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.baton.contracts.SampledToken;
import dev.baton.contracts.SamplingParams;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sampling among the tokens of a mask. */
class MaskTest {
  private static final GoldenModel MODEL = GoldenModel.named("gqa-tied");
  private static final int VOCABULARY = 512;
  private static final int[] TOKENS = {5, 6, 7, 8};

  @TempDir Path folder;

  private static SequenceSlice slice(SamplingParams params, int[] mask, int block) {
    SampleRequest request = new SampleRequest(params, TOKENS.length, mask);
    return new SequenceSlice(TOKENS, 0, TOKENS.length, new int[] {block}, request);
  }

  private static int[] mask(Random random, double share) {
    int[] mask = new int[VOCABULARY / 32];
    for (int token = 0; token < VOCABULARY; token++) {
      if (random.nextDouble() < share) {
        mask[token / 32] |= 1 << token % 32;
      }
    }
    int one = random.nextInt(VOCABULARY);
    mask[one / 32] |= 1 << one % 32;
    return mask;
  }

  private static boolean allows(int[] mask, int token) {
    return (mask[token / 32] >> token % 32 & 1) == 1;
  }

  @Test
  void greedyIsTheBestAllowedTokenAndADrawIsNeverADisallowedOne() {
    Random random = new Random(1);
    try (NativeEngine engine = NativeEngine.open(Engines.config(MODEL.directory(), folder, 1))) {
      var free = new SequenceSlice(TOKENS, 0, 4, new int[] {0}, Engines.greedy(4));
      SampledToken unmasked = engine.step(List.of(free)).getFirst();
      float[] logits = engine.logits(0);
      for (int i = 0; i < 200; i++) {
        int[] mask = mask(random, i % 3 * 0.3);
        SamplingParams drawn = new SamplingParams(2, 0, 1, 0, 1.2f, 0, 0, random.nextLong(), 0);
        List<SampledToken> sampled =
            engine.step(
                List.of(slice(SamplingParams.greedy(), mask, 1), free, slice(drawn, mask, 2)));
        int best = -1;
        for (int token = 0; token < VOCABULARY; token++) {
          if (allows(mask, token) && (best < 0 || logits[token] > logits[best])) {
            best = token;
          }
        }
        assertThat(sampled.get(0).tokenId()).isEqualTo(best);
        assertThat(sampled.get(1)).isEqualTo(unmasked);
        assertThat(allows(mask, sampled.get(2).tokenId())).isTrue();
      }
    }
  }

  @Test
  void masksThatAllowNothingOrHaveAnotherSizeAreRefused() {
    try (NativeEngine engine = NativeEngine.open(Engines.config(MODEL.directory(), folder, 1))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() ->
              engine.step(List.of(slice(SamplingParams.greedy(), new int[VOCABULARY / 32], 0))))
          .withMessage("slice 0: the mask allows no token");
      for (int words : new int[] {0, VOCABULARY / 32 - 1, VOCABULARY / 32 + 1}) {
        int[] mask = new int[words];
        java.util.Arrays.fill(mask, -1);
        assertThatIllegalArgumentException()
            .isThrownBy(() -> engine.step(List.of(slice(SamplingParams.greedy(), mask, 0))))
            .withMessage("slice 0: a mask of %d words, not 16".formatted(words));
      }
    }
  }
}
