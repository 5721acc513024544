package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.SampledToken;
import dev.baton.contracts.SamplingParams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The logits of a position are the same bits however its sequence was cut, whatever ran beside it,
 * wherever its blocks lay and what they held before, and on however many threads. On a device they
 * are the same up to rounding. What is drawn is what the reference draws from them.
 */
@Tag(Engines.ANY_BACKEND)
class BatchInvarianceTest {
  private static final int SEQUENCES = 5;
  private static final int TRIALS = 6;

  @TempDir static Path folder;

  static List<Arguments> modelsAndSets() throws IOException {
    List<Arguments> all = new ArrayList<>();
    for (String set : Engines.instructionSets(folder)) {
      for (GoldenModel model : GoldenModel.all()) {
        if (!set.equals("scalar") || model.toString().equals("odd-sizes")) {
          all.add(Arguments.of(model, set));
        }
      }
    }
    return all;
  }

  /** One sequence and the logits after each of its tokens, computed a token at a time, alone. */
  private record Expected(int[] tokens, List<float[]> logits, List<SampledToken> sampled) {}

  @ParameterizedTest
  @MethodSource("modelsAndSets")
  void logitsDoNotDependOnHowTheWorkIsCut(GoldenModel model, String instructionSet) {
    Random random = new Random(7);
    List<Expected> expected = new ArrayList<>();
    try (NativeEngine alone =
        NativeEngine.open(Engines.config(model.directory(), folder, 1), instructionSet)) {
      for (int s = 0; s < SEQUENCES; s++) {
        int[] tokens =
            random.ints(20 + random.nextInt(150), 0, alone.model().vocabularySize()).toArray();
        expected.add(tokenByToken(alone, tokens));
      }
    }
    for (int threads : new int[] {1, 2}) {
      try (NativeEngine engine =
          NativeEngine.open(Engines.config(model.directory(), folder, threads), instructionSet)) {
        for (int trial = 0; trial < TRIALS; trial++) {
          mixed(engine, expected, random);
        }
      }
    }
  }

  private static Expected tokenByToken(NativeEngine engine, int[] tokens) {
    List<float[]> logits = new ArrayList<>();
    List<SampledToken> sampled = new ArrayList<>();
    int[] blocks = Engines.blocks(0, tokens.length);
    for (int i = 0; i < tokens.length; i++) {
      sampled.addAll(engine.step(List.of(new SequenceSlice(tokens, i, 1, blocks, sampling()))));
      logits.add(engine.logits(0));
    }
    return new Expected(tokens, logits, sampled);
  }

  private static SampleRequest sampling() {
    return new SampleRequest(new SamplingParams(0.8f, 0, 0.9f, 0, 1.1f, 0, 0.2f, 99, 3), 4);
  }

  /** Runs all sequences in random slices and steps; the pool's blocks are dealt out at random. */
  private static void mixed(NativeEngine engine, List<Expected> expected, Random random) {
    List<Integer> free = new ArrayList<>(IntStream.range(0, Engines.KV_BLOCKS).boxed().toList());
    Collections.shuffle(free, random);
    int[][] blocks = new int[expected.size()][];
    int[] done = new int[expected.size()];
    for (int s = 0; s < blocks.length; s++) {
      blocks[s] = new int[Engines.blocks(0, expected.get(s).tokens.length).length];
      Arrays.setAll(blocks[s], i -> free.removeLast());
    }
    while (true) {
      List<Integer> order = new ArrayList<>();
      for (int s = 0; s < done.length; s++) {
        if (done[s] < expected.get(s).tokens.length) {
          order.add(s);
        }
      }
      if (order.isEmpty()) {
        return;
      }
      Collections.shuffle(order, random);
      List<Integer> chosen = order.subList(0, 1 + random.nextInt(order.size()));
      step(engine, expected, chosen, blocks, done, random);
    }
  }

  private static void step(
      NativeEngine engine,
      List<Expected> expected,
      List<Integer> chosen,
      int[][] blocks,
      int[] done,
      Random random) {
    List<SequenceSlice> batch = new ArrayList<>();
    int budget = Engines.MAX_TOKENS;
    for (int s : chosen) {
      int left = expected.get(s).tokens.length - done[s];
      int count = Math.min(1 + random.nextInt(random.nextBoolean() ? 3 : 60), left);
      if (count <= budget) {
        batch.add(new SequenceSlice(expected.get(s).tokens, done[s], count, blocks[s], sampling()));
        done[s] += count;
        budget -= count;
      }
    }
    List<SampledToken> sampled = engine.step(batch);
    for (int i = 0; i < batch.size(); i++) {
      SequenceSlice slice = batch.get(i);
      int position = slice.start() + slice.count() - 1;
      Expected of =
          expected.stream().filter(e -> e.tokens == slice.tokens()).findFirst().orElseThrow();
      float[] logits = engine.logits(i);
      Engines.assertSameLogits(logits, of.logits.get(position), "logits of position " + position);
      if (Engines.BACKEND.equals("cpu")) {
        assertThat(sampled.get(i)).isEqualTo(of.sampled.get(position));
      }
      int[] known = Arrays.copyOf(of.tokens, position + 1);
      assertThat(sampled.get(i).tokenId()).isEqualTo(drawn(logits, known));
    }
  }

  private static int drawn(float[] logits, int[] known) {
    SampleRequest request = sampling();
    float[] penalised =
        ReferenceSampler.penalised(logits, request.params(), known, request.promptLength());
    return ReferenceSampler.draw(penalised, request.params(), known.length);
  }
}
