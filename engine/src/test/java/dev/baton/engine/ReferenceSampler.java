package dev.baton.engine;

import dev.baton.contracts.SamplingParams;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The sampler written plainly, to compare the native one with. */
final class ReferenceSampler {
  private ReferenceSampler() {}

  /** Philox4x32-10. */
  static int[] philox(int[] counter, int[] key) {
    int[] c = counter.clone();
    int[] k = key.clone();
    for (int round = 0; round < 10; round++) {
      long a = (c[0] & 0xffffffffL) * 0xD2511F53L;
      long b = (c[2] & 0xffffffffL) * 0xCD9E8D57L;
      c =
          new int[] {
            (int) (b >>> 32) ^ c[1] ^ k[0], (int) b, (int) (a >>> 32) ^ c[3] ^ k[1], (int) a
          };
      k[0] += 0x9E3779B9;
      k[1] += 0xBB67AE85;
    }
    return c;
  }

  static double uniform(long seed, long position) {
    int[] draw =
        philox(
            new int[] {(int) position, (int) (position >>> 32), 0, 0},
            new int[] {(int) seed, (int) (seed >>> 32)});
    long bits = ((draw[0] & 0xffffffffL) << 20) ^ (draw[1] >>> 12);
    return (bits + 0.5) * 0x1p-52;
  }

  static float[] penalised(float[] logits, SamplingParams params, int[] history, int promptLength) {
    float[] result = logits.clone();
    int[] all = new int[logits.length];
    int[] output = new int[logits.length];
    for (int i = 0; i < history.length; i++) {
      all[history[i]]++;
      output[history[i]] += i >= promptLength ? 1 : 0;
    }
    for (int t = 0; t < result.length; t++) {
      if (all[t] > 0) {
        result[t] =
            result[t] > 0
                ? result[t] / params.repetitionPenalty()
                : result[t] * params.repetitionPenalty();
      }
      if (output[t] > 0) {
        result[t] -= params.presencePenalty() + params.frequencyPenalty() * output[t];
      }
    }
    return result;
  }

  private record Candidate(int token, float logit, double weight) {}

  /** Tokens that may be drawn with their probabilities, most likely first. */
  static List<double[]> distribution(float[] logits, SamplingParams params) {
    List<Candidate> candidates = new ArrayList<>();
    float largest = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    for (int t = 0; t < logits.length; t++) {
      double weight = Math.exp(((double) logits[t] - largest) / params.temperature());
      if (weight >= params.minP()) {
        candidates.add(new Candidate(t, logits[t], weight));
      }
    }
    candidates.sort(
        Comparator.comparingDouble((Candidate c) -> -c.logit).thenComparingInt(Candidate::token));
    if (params.topK() > 0 && params.topK() < candidates.size()) {
      candidates = candidates.subList(0, params.topK());
    }
    double total = candidates.stream().mapToDouble(Candidate::weight).sum();
    List<Candidate> kept = new ArrayList<>();
    double sum = 0;
    for (Candidate candidate : candidates) {
      if (sum >= params.topP() * total && params.topP() < 1) {
        break;
      }
      kept.add(candidate);
      sum += candidate.weight;
    }
    double norm = sum;
    return kept.stream().map(c -> new double[] {c.token, c.weight / norm}).toList();
  }

  static int draw(float[] logits, SamplingParams params, long position) {
    double target = uniform(params.seed(), position);
    double sum = 0;
    List<double[]> distribution = distribution(logits, params);
    for (double[] entry : distribution) {
      sum += entry[1];
      if (target < sum) {
        return (int) entry[0];
      }
    }
    return (int) distribution.getLast()[0];
  }
}
