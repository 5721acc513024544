package dev.baton.contracts;

/**
 * How a token is chosen from its logits.
 *
 * @param temperature 0 picks the most likely token (greedy); otherwise logits are divided by it
 * @param topK keep the k most likely tokens; 0 keeps all
 * @param topP keep the smallest set of tokens whose probability reaches it; 1 keeps all
 * @param minP drop tokens less likely than minP times the most likely one; 0 keeps all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens seen in prompt
 *     or output; 1 does nothing
 * @param presencePenalty subtracted once from the logits of tokens seen in the output
 * @param frequencyPenalty subtracted for every occurrence in the output
 * @param seed key of the counter-based generator; the counter is the token's position
 * @param topLogprobs how many of the most likely tokens to report with their log probabilities
 */
public record SamplingParams(
    float temperature,
    int topK,
    float topP,
    float minP,
    float repetitionPenalty,
    float presencePenalty,
    float frequencyPenalty,
    long seed,
    int topLogprobs) {
  public static final int MAX_TOP_LOGPROBS = 20;

  public SamplingParams {
    Checks.range("temperature", temperature, 0, 2);
    Checks.range("top_k", topK, 0, Integer.MAX_VALUE);
    Checks.range("top_p", topP, Float.MIN_VALUE, 1);
    Checks.range("min_p", minP, 0, 1);
    Checks.range("repetition_penalty", repetitionPenalty, 0.01, 100);
    Checks.range("presence_penalty", presencePenalty, -2, 2);
    Checks.range("frequency_penalty", frequencyPenalty, -2, 2);
    Checks.range("top_logprobs", topLogprobs, 0, MAX_TOP_LOGPROBS);
  }

  /** The most likely token at every step. */
  public static SamplingParams greedy() {
    return new SamplingParams(0, 0, 1, 0, 1, 0, 0, 0, 0);
  }

  public static SamplingParams seeded(float temperature, float topP, long seed) {
    return new SamplingParams(temperature, 0, topP, 0, 1, 0, 0, seed, 0);
  }
}
