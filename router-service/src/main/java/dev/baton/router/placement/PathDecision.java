package dev.baton.router.placement;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.Role;
import java.util.List;
import java.util.Optional;

/**
 * Where the prompt is computed, and why.
 *
 * @param predictions of the paths that could be predicted, whether they were open or not
 */
public record PathDecision(GenerationPath path, String reason, List<Prediction> predictions) {
  public PathDecision {
    predictions = List.copyOf(predictions);
  }

  /** What the path taken should take. */
  public Optional<Prediction> prediction() {
    return of(path);
  }

  private Optional<Prediction> of(GenerationPath wanted) {
    return predictions.stream().filter(p -> p.path() == wanted).findFirst();
  }

  /**
   * @param obstacle why the prefill tier cannot be used; empty where it can
   */
  public static PathDecision decide(
      PlacementProperties properties,
      PlacementRequest request,
      Candidate chosen,
      Optional<String> obstacle,
      List<Prediction> predictions) {
    if (chosen.worker().registration().role() == Role.BOTH) {
      return local("the worker does both", predictions);
    }
    return switch (properties.path()) {
      case DECODE_LOCAL -> local("configured", predictions);
      case DISAGGREGATED ->
          obstacle
              .map(reason -> local(reason, predictions))
              .orElseGet(() -> disaggregated("configured", predictions));
      case AUTO ->
          obstacle
              .map(reason -> local(reason, predictions))
              .orElseGet(() -> faster(properties, request, chosen, predictions));
    };
  }

  /** By the predictions; where nothing was measured yet, by the length of what is missing. */
  private static PathDecision faster(
      PlacementProperties properties,
      PlacementRequest request,
      Candidate chosen,
      List<Prediction> predictions) {
    int missing = request.tokens() - chosen.residentBlocks() * BlockHasher.BLOCK_TOKENS;
    if (missing <= properties.localSuffixTokens()) {
      return local(
          missing
              + " missing tokens are at most the "
              + properties.localSuffixTokens()
              + " of a local suffix",
          predictions);
    }
    PathDecision unmeasured =
        disaggregated(missing + " tokens are missing, nothing is measured yet", predictions);
    Optional<Prediction> away = unmeasured.of(GenerationPath.DISAGGREGATED);
    Optional<Prediction> here = unmeasured.of(GenerationPath.DECODE_LOCAL);
    if (away.isEmpty() || here.isEmpty()) {
      return unmeasured;
    }
    String reason =
        "handed over: first token after %d ms, transfer %d ms; here: first token after %d ms, stall %d ms"
            .formatted(
                away.get().timeToFirstToken().toMillis(),
                away.get().transfer().toMillis(),
                here.get().timeToFirstToken().toMillis(),
                here.get().stall().toMillis());
    return here.get().cost().compareTo(away.get().cost()) <= 0
        ? local(reason, predictions)
        : disaggregated(reason, predictions);
  }

  private static PathDecision local(String reason, List<Prediction> predictions) {
    return new PathDecision(GenerationPath.DECODE_LOCAL, reason, predictions);
  }

  private static PathDecision disaggregated(String reason, List<Prediction> predictions) {
    return new PathDecision(GenerationPath.DISAGGREGATED, reason, predictions);
  }
}
