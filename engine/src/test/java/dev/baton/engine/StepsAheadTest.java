package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.baton.contracts.SampledToken;
import dev.baton.contracts.SamplingParams;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps that are submitted before the tokens of the last one are known. */
class StepsAheadTest {
  private static final int PROMPT = 21;
  private static final int STEPS = 30;

  @TempDir Path folder;
  private NativeEngine engine;

  @BeforeEach
  void open() {
    engine =
        NativeEngine.open(Engines.config(GoldenModel.named("gqa-tied").directory(), folder, 1));
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void tokensAreThoseOfStepsOneByOne() {
    for (SamplingParams params :
        List.of(
            SamplingParams.greedy(),
            new SamplingParams(0.9f, 0, 0.95f, 0, 1, 0, 0, 7, 3),
            new SamplingParams(0.8f, 0, 1, 0, 1.3f, 0.4f, 0.5f, 8, 0))) {
      SampleRequest how = new SampleRequest(params, PROMPT);
      int[] tokens = Arrays.copyOf(new Random(3).ints(PROMPT, 0, 512).toArray(), PROMPT + STEPS);
      assertThat(ahead(tokens.clone(), how)).isEqualTo(oneByOne(tokens.clone(), how));
    }
  }

  private List<SampledToken> oneByOne(int[] tokens, SampleRequest how) {
    int[] blocks = Engines.blocks(0, tokens.length);
    List<SampledToken> sampled = new ArrayList<>();
    for (int end = PROMPT, start = 0; end < tokens.length; start = end, end++) {
      sampled.addAll(
          engine.step(List.of(new SequenceSlice(tokens, start, end - start, blocks, how))));
      tokens[end] = sampled.getLast().tokenId();
    }
    return sampled;
  }

  /** Another slice without a sample goes before, so that indices of samples and slices differ. */
  private List<SampledToken> ahead(int[] tokens, SampleRequest how) {
    int[] blocks = Engines.blocks(20, tokens.length);
    var other = new SequenceSlice(new int[] {1, 2}, 0, 2, Engines.blocks(40, 2), null);
    List<SampledToken> sampled = new ArrayList<>();
    for (int end = PROMPT, start = 0; end < tokens.length; start = end, end++) {
      engine.submit(List.of(other, new SequenceSlice(tokens, start, end - start, blocks, how)));
      if (end > PROMPT) {
        sampled.addAll(engine.await());
        tokens[end - 1] = sampled.getLast().tokenId();
      }
      tokens[end] = SequenceSlice.pending(0);
    }
    sampled.addAll(engine.await());
    return sampled;
  }

  @Test
  void nothingIsSubmittedBeyondTwoStepsOrForASampleThatDoesNotExist() {
    var fine = new SequenceSlice(new int[] {5, 6}, 0, 2, Engines.blocks(0, 2), Engines.greedy(2));
    assertThatIllegalStateException().isThrownBy(engine::await);
    engine.submit(List.of(fine));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.step(List.of(fine)))
        .withMessageContaining("has not been waited for");
    for (int[] tokens :
        List.of(new int[] {5, SequenceSlice.pending(1)}, new int[] {SequenceSlice.pending(0), 5})) {
      var bad = new SequenceSlice(tokens, 0, 2, Engines.blocks(1, 2), Engines.greedy(2));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.submit(List.of(bad)))
          .withMessageContaining("slice 0: token");
    }
    engine.submit(List.of(fine));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.submit(List.of(fine)))
        .withMessageContaining("wait for one first");
    assertThat(engine.await()).isEqualTo(engine.await());
    assertThat(engine.step(List.of(fine))).hasSize(1);
  }
}
