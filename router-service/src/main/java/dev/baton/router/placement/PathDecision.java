package dev.baton.router.placement;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.Role;

/** Where the prompt is computed, and why. */
public record PathDecision(GenerationPath path, String reason) {

  /**
   * @param prefillAlive whether any prefill worker of the model is there
   */
  public static PathDecision decide(
      PlacementProperties properties,
      PlacementRequest request,
      Candidate chosen,
      boolean prefillAlive) {
    if (chosen.worker().registration().role() == Role.BOTH) {
      return local("the worker does both");
    }
    int missing = request.tokens() - chosen.residentBlocks() * BlockHasher.BLOCK_TOKENS;
    return switch (properties.path()) {
      case DECODE_LOCAL -> local("configured");
      case DISAGGREGATED ->
          prefillAlive ? disaggregated("configured") : local("no prefill worker is alive");
      case AUTO -> {
        if (missing <= properties.localSuffixTokens()) {
          yield local(
              missing
                  + " missing tokens are at most the "
                  + properties.localSuffixTokens()
                  + " of a local suffix");
        }
        yield prefillAlive
            ? disaggregated(missing + " tokens are missing")
            : local("no prefill worker is alive");
      }
    };
  }

  private static PathDecision local(String reason) {
    return new PathDecision(GenerationPath.DECODE_LOCAL, reason);
  }

  private static PathDecision disaggregated(String reason) {
    return new PathDecision(GenerationPath.DISAGGREGATED, reason);
  }
}
