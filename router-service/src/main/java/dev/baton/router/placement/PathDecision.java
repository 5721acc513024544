package dev.baton.router.placement;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.Role;
import java.util.Optional;

/** Where the prompt is computed, and why. */
public record PathDecision(GenerationPath path, String reason) {

  /**
   * @param obstacle why the prefill tier cannot be used; empty where it can
   */
  public static PathDecision decide(
      PlacementProperties properties,
      PlacementRequest request,
      Candidate chosen,
      Optional<String> obstacle) {
    if (chosen.worker().registration().role() == Role.BOTH) {
      return local("the worker does both");
    }
    int missing = request.tokens() - chosen.residentBlocks() * BlockHasher.BLOCK_TOKENS;
    return switch (properties.path()) {
      case DECODE_LOCAL -> local("configured");
      case DISAGGREGATED ->
          obstacle.map(PathDecision::local).orElseGet(() -> disaggregated("configured"));
      case AUTO -> {
        if (missing <= properties.localSuffixTokens()) {
          yield local(
              missing
                  + " missing tokens are at most the "
                  + properties.localSuffixTokens()
                  + " of a local suffix");
        }
        yield obstacle
            .map(PathDecision::local)
            .orElseGet(() -> disaggregated(missing + " tokens are missing"));
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
