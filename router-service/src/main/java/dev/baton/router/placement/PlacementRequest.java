package dev.baton.router.placement;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.LaneRef;
import java.util.Set;

/**
 * What is to be placed.
 *
 * @param tokens tokens whose KV is needed before the next one can be generated
 * @param maxTokens output tokens still wanted
 * @param residencyKnown whether the registry could say who holds what
 * @param excluded workers that already failed this request
 * @param turn a number that changes with every request, to spread equals
 */
public record PlacementRequest(
    String model,
    int tokens,
    int maxTokens,
    boolean residencyKnown,
    Set<LaneRef> excluded,
    long turn) {
  public PlacementRequest {
    excluded = Set.copyOf(excluded);
  }

  /** Full blocks of the prompt. */
  public int blocks() {
    return tokens / BlockHasher.BLOCK_TOKENS;
  }
}
