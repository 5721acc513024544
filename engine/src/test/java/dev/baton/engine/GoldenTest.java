package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Against transformers in float32 on the same stored weights.
 *
 * <p>Numeric noise of a model is twice the largest difference of any logit that the golden file
 * holds: one logit may be that much too high and another that much too low. Where the reference's
 * two largest logits are further apart than that the engine must choose the same token; otherwise
 * either is right. The engine always goes on with the reference's token.
 */
class GoldenTest {
  private static final double TOLERANCE = 2e-2;
  private static final int DECISIVE_STEPS = 64;

  @TempDir static Path folder;

  static Stream<GoldenModel> models() throws IOException {
    return GoldenModel.all().stream();
  }

  static Stream<org.junit.jupiter.params.provider.Arguments> modelsAndSets() throws IOException {
    List<String> sets = Engines.instructionSets(folder);
    return models()
        .flatMap(model ->
            sets.stream().map(set -> org.junit.jupiter.params.provider.Arguments.of(model, set)));
  }

  @ParameterizedTest
  @MethodSource("modelsAndSets")
  void logitsAndGreedyTokensEqualTheReference(GoldenModel model, String instructionSet) {
    try (NativeEngine engine =
        NativeEngine.open(Engines.config(model.directory(), folder, 1), instructionSet)) {
      float noise = 0;
      for (GoldenModel.Case golden : model.cases()) {
        noise = Math.max(noise, checkLogits(engine, golden));
      }
      int decisive = 0;
      for (GoldenModel.Case golden : model.cases()) {
        decisive += checkGreedy(engine, golden, 2 * noise);
      }
      assertThat(decisive).isGreaterThanOrEqualTo(DECISIVE_STEPS);
    }
  }

  /** Returns the largest difference. */
  private static float checkLogits(NativeEngine engine, GoldenModel.Case golden) {
    int[] sequence = golden.sequence();
    int[] blocks = Engines.blocks(0, sequence.length);
    float largest = 0;
    for (Map.Entry<Integer, float[]> entry : golden.logits().entrySet()) {
      Engines.prefill(
          engine, sequence, golden.prompt().length + entry.getKey(), blocks, Engines.MAX_TOKENS);
      float[] actual = engine.logits(0);
      float[] expected = entry.getValue();
      double error = 0;
      double norm = 0;
      for (int i = 0; i < expected.length; i++) {
        float difference = actual[i] - expected[i];
        error += difference * difference;
        norm += expected[i] * expected[i];
        largest = Math.max(largest, Math.abs(difference));
      }
      assertThat(Math.sqrt(error / norm))
          .as("relative error of the logits of step %s", entry.getKey())
          .isLessThan(TOLERANCE);
    }
    return largest;
  }

  /** Returns how many steps had a gap above the noise. */
  private static int checkGreedy(NativeEngine engine, GoldenModel.Case golden, float noise) {
    int[] sequence = golden.sequence();
    int[] blocks = Engines.blocks(0, sequence.length);
    int decisive = 0;
    int token = Engines.prefill(engine, sequence, golden.prompt().length, blocks, 64);
    for (int step = 0; step < golden.greedy().length; step++) {
      if (step > 0) {
        token = Engines.decode(engine, sequence, golden.prompt().length + step, blocks);
      }
      if (golden.gaps()[step] > noise) {
        assertThat(token).as("greedy token of step %s", step).isEqualTo(golden.greedy()[step]);
        decisive++;
      }
    }
    return decisive;
  }
}
