package dev.baton.router.placement;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.WorkerId;
import java.util.Optional;
import java.util.Set;

/**
 * What is to be placed.
 *
 * @param tokens tokens whose KV is needed before the next one can be generated
 * @param maxTokens output tokens still wanted
 * @param residencyKnown whether there is any knowledge of who holds what
 * @param excluded workers that already failed this request
 * @param prefillers workers that may hand the prompt's blocks over
 * @param session whom to keep together on one worker, tenant included
 * @param turn a number that changes with every request, to spread equals
 */
public record PlacementRequest(
    String model,
    int tokens,
    int maxTokens,
    boolean residencyKnown,
    Set<LaneRef> excluded,
    Set<WorkerId> prefillers,
    Optional<String> session,
    long turn) {
  public PlacementRequest {
    excluded = Set.copyOf(excluded);
    prefillers = Set.copyOf(prefillers);
  }

  /** Full blocks of the prompt. */
  public int blocks() {
    return tokens / BlockHasher.BLOCK_TOKENS;
  }
}
