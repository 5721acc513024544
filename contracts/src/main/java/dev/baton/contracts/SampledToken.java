package dev.baton.contracts;

import java.util.List;

/**
 * A chosen token, its log probability, and the most likely alternatives (as many as {@link
 * SamplingParams#topLogprobs}, most likely first).
 */
public record SampledToken(int tokenId, float logprob, List<TokenLogprob> top) {
  public SampledToken {
    Checks.range("token id", tokenId, 0, Integer.MAX_VALUE);
    top = List.copyOf(top);
  }
}
