package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.baton.contracts.SampledToken;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.TokenLogprob;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SamplingTest {
  private static final int VOCABULARY = 131;

  /** Known answers of Random123's {@code kat_vectors}. */
  @Test
  void referencePhiloxGivesTheKnownAnswers() {
    assertThat(ReferenceSampler.philox(new int[4], new int[2]))
        .containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    assertThat(ReferenceSampler.philox(new int[] {-1, -1, -1, -1}, new int[] {-1, -1}))
        .containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    assertThat(
            ReferenceSampler.philox(
                new int[] {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                new int[] {0xa4093822, 0x299f31d0}))
        .containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void drawsEqualTheReferenceForRandomParameters(int seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 400; i++) {
      float[] logits = logits(random);
      SamplingParams params =
          new SamplingParams(
              0.1f + 1.5f * random.nextFloat(),
              random.nextBoolean() ? 0 : 1 + random.nextInt(VOCABULARY + 20),
              random.nextBoolean() ? 1 : 0.05f + 0.94f * random.nextFloat(),
              random.nextBoolean() ? 0 : random.nextFloat() * 0.5f,
              random.nextBoolean() ? 1 : 0.5f + random.nextFloat() * 2,
              random.nextBoolean() ? 0 : random.nextFloat() * 2 - 1,
              random.nextBoolean() ? 0 : random.nextFloat() * 2 - 1,
              random.nextLong(),
              0);
      int[] history = random.ints(random.nextInt(60), 0, VOCABULARY).toArray();
      int promptLength = history.length == 0 ? 0 : random.nextInt(history.length + 1);
      float[] penalised = ReferenceSampler.penalised(logits, params, history, promptLength);
      assertThat(sample(logits, params, history, promptLength).tokenId())
          .as("%s", params)
          .isEqualTo(ReferenceSampler.draw(penalised, params, history.length));
    }
  }

  @Test
  void frequenciesFollowTheDistribution() {
    float[] logits = logits(new Random(3));
    int draws = 40_000;
    int[] counts = new int[VOCABULARY];
    int[] history = new int[0];
    for (int seed = 0; seed < draws; seed++) {
      counts[sample(logits, SamplingParams.seeded(1.5f, 0.95f, seed), history, 0).tokenId()]++;
    }
    double chiSquare = 0;
    List<double[]> distribution =
        ReferenceSampler.distribution(logits, SamplingParams.seeded(1.5f, 0.95f, 0));
    int drawn = 0;
    for (double[] entry : distribution) {
      double expected = entry[1] * draws;
      double difference = counts[(int) entry[0]] - expected;
      chiSquare += difference * difference / expected;
      drawn += counts[(int) entry[0]];
    }
    int freedom = distribution.size() - 1;
    assertThat(freedom).isGreaterThan(20);
    assertThat(drawn).isEqualTo(draws);
    assertThat(chiSquare).isLessThan(freedom + 4 * Math.sqrt(2.0 * freedom));
  }

  @Test
  void temperatureZeroTakesTheLowestIdOfEqualLogits() {
    float[] logits = new float[VOCABULARY];
    logits[40] = logits[70] = 3;
    assertThat(sample(logits, SamplingParams.greedy(), new int[0], 0).tokenId()).isEqualTo(40);
    SamplingParams best = new SamplingParams(1, 1, 1, 0, 1, 0, 0, 5, 2);
    SampledToken sampled = sample(logits, best, new int[0], 0);
    assertThat(sampled.tokenId()).isEqualTo(40);
    assertThat(sampled.top()).extracting(TokenLogprob::tokenId).containsExactly(40, 70);
  }

  @Test
  void logprobsAreOfTheRawLogits() {
    float[] logits = logits(new Random(8));
    SamplingParams params = new SamplingParams(0.5f, 3, 0.5f, 0.1f, 2, 1, 1, 11, 20);
    SampledToken sampled = sample(logits, params, new int[] {1, 2, 3, 3}, 1);
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    assertThat((double) sampled.logprob())
        .isCloseTo(logits[sampled.tokenId()] - Math.log(sum), within(1e-5));
    assertThat(sampled.top())
        .hasSize(20)
        .isSortedAccordingTo((a, b) -> Float.compare(b.logprob(), a.logprob()));
    for (TokenLogprob top : sampled.top()) {
      assertThat((double) top.logprob())
          .isCloseTo(logits[top.tokenId()] - Math.log(sum), within(1e-5));
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void logitsThatAreNotNumbersAreAnError(float bad) {
    float[] logits = logits(new Random(1));
    logits[17] = bad;
    assertThatThrownBy(() -> sample(logits, SamplingParams.greedy(), new int[0], 0))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("token 17")
        .hasMessageContaining("not finite");
  }

  @Test
  void tokensMaskedWithMinusInfinityAreNeverDrawn() {
    float[] logits = new float[VOCABULARY];
    Arrays.fill(logits, Float.NEGATIVE_INFINITY);
    logits[9] = -5;
    for (int seed = 0; seed < 50; seed++) {
      SamplingParams params = SamplingParams.seeded(2, 1, seed);
      assertThat(sample(logits, params, new int[0], 0).tokenId()).isEqualTo(9);
    }
  }

  private static float[] logits(Random random) {
    float[] logits = new float[VOCABULARY];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (random.nextGaussian() * 2);
    }
    return logits;
  }

  private static SampledToken sample(
      float[] logits, SamplingParams params, int[] history, int promptLength) {
    ByteBuffer nativeLogits = NativeLayouts.direct(logits.length * Float.BYTES);
    nativeLogits.asFloatBuffer().put(logits);
    ByteBuffer nativeHistory = NativeLayouts.direct(history.length * Integer.BYTES + 4);
    nativeHistory.asIntBuffer().put(history);
    ByteBuffer sampling = NativeLayouts.direct(NativeLayouts.SAMPLING_BYTES);
    NativeLayouts.sampling(sampling, 0, new SampleRequest(params, promptLength));
    ByteBuffer out = NativeLayouts.direct(NativeLayouts.SAMPLE_BYTES);
    ByteBuffer error = NativeStatus.errorBuffer();
    NativeStatus.check(
        NativeCalls.sample(
            NativeLibraries.backend("cpu"),
            nativeLogits,
            logits.length,
            sampling,
            nativeHistory,
            history.length,
            out,
            error),
        error);
    return NativeLayouts.sample(out, 0);
  }
}
