package dev.baton.router.placement;

import dev.baton.contracts.GenerationPath;
import java.time.Duration;
import java.util.Optional;

/**
 * What a path is expected to take.
 *
 * @param queue behind prompt tokens that came before
 * @param pull pulling a prefix, zero where that does not pay
 * @param prefill computing what is missing then
 * @param overhead everything else until the first token, as it was measured before
 * @param transfer moving the KV blocks to the decode worker, after the first token
 * @param stall what sequences that generate on the same worker lose
 * @param computedTokens prompt tokens to be computed
 * @param prefix the choice behind {@code pull}; empty where nobody holds more
 */
public record Prediction(
    GenerationPath path,
    Duration queue,
    Duration pull,
    Duration prefill,
    Duration overhead,
    Duration transfer,
    Duration stall,
    int computedTokens,
    Optional<PrefixChoice> prefix) {

  /** From the decision to the first token. */
  public Duration timeToFirstToken() {
    return queue.plus(pull).plus(prefill).plus(overhead);
  }

  /** What the paths are compared by: the first token comes before the blocks, the second behind. */
  public Duration cost() {
    return timeToFirstToken().plus(transfer).plus(stall);
  }
}
