package dev.baton.localstack.bench;

import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * What one way of placing made of the workload.
 *
 * @param promptTokens of all prompts
 * @param computedTokens input tokens that ran through the model on any worker, those of decode
 *     steps not counted
 * @param pulledTokens prompt tokens whose KV came from another worker, prefill and decode
 * @param hitRate share of prompt tokens that no worker had to compute
 * @param handedOver share of requests whose prompt the prefill tier computed
 * @param predictionError median of |predicted − actual| ÷ actual time to first token; NaN where
 *     nothing was predicted
 */
public record PolicyResult(
    String policy,
    int requests,
    long promptTokens,
    int shortest,
    int longest,
    long computedTokens,
    long pulledTokens,
    double hitRate,
    double ttftP50Millis,
    double ttftP90Millis,
    double seconds,
    double handedOver,
    double predictionError) {

  static PolicyResult of(
      String policy,
      List<StreamedChat.Answer> answers,
      long computed,
      long pulled,
      double seconds) {
    double[] ttft =
        answers.stream().mapToDouble(StreamedChat.Answer::ttftMillis).sorted().toArray();
    var lengths = answers.stream().mapToInt(StreamedChat.Answer::promptTokens).summaryStatistics();
    double[] errors =
        answers.stream()
            .map(answer -> relativeError(answer.explanation()))
            .flatMap(Optional::stream)
            .mapToDouble(Double::doubleValue)
            .sorted()
            .toArray();
    return new PolicyResult(
        policy,
        answers.size(),
        lengths.getSum(),
        lengths.getMin(),
        lengths.getMax(),
        computed,
        pulled,
        1 - computed / (double) lengths.getSum(),
        percentile(ttft, 0.5),
        percentile(ttft, 0.9),
        seconds,
        answers.stream()
                .filter(answer -> path(last(answer.explanation())).equals("disaggregated"))
                .count()
            / (double) answers.size(),
        errors.length == 0 ? Double.NaN : percentile(errors, 0.5));
  }

  public double requestsPerSecond() {
    return requests / seconds;
  }

  private static JsonNode last(JsonNode explanation) {
    JsonNode attempts = explanation.path("attempts");
    return attempts.path(attempts.size() - 1);
  }

  private static String path(JsonNode attempt) {
    return attempt.at("/work/path").asString("");
  }

  private static Optional<Double> relativeError(JsonNode explanation) {
    JsonNode attempt = last(explanation);
    double actual = attempt.at("/work/ttft").asDouble(0);
    return attempt
        .path("predictions")
        .valueStream()
        .filter(prediction -> prediction.path("path").asString("").equals(path(attempt)))
        .findFirst()
        .filter(prediction -> actual > 0)
        .map(prediction -> Math.abs(prediction.path("ttft").asDouble() - actual) / actual);
  }

  /** Nearest rank of sorted values. */
  private static double percentile(double[] sorted, double share) {
    return sorted[(int) Math.ceil(share * sorted.length) - 1];
  }
}
