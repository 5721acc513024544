package dev.baton.router.explain;

import dev.baton.contracts.GenerationTimings;
import dev.baton.contracts.RequestId;
import dev.baton.router.placement.PathDecision;
import dev.baton.router.placement.PlacementReport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;

/** What happened to one request so far, filled in as it goes. Thread-safe. */
public final class Explanation {
  private final String id;
  private final String tenant;
  private final String model;
  private final int promptTokens;
  private final Instant received;
  private final List<Attempt> attempts = new ArrayList<>();
  private String outcome = "running";
  private @Nullable PlacementReport waiting;
  private @Nullable GenerationSummary summary;

  /**
   * One placement of the request.
   *
   * @param path where the prompt was to be computed
   * @param predictions what either path was expected to take
   * @param failure code of what ended it, null while it runs and where it finished
   * @param work the decode worker's account, where it finished there
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Attempt(
      int number,
      PlacementReport placement,
      String path,
      String pathReason,
      List<Forecast> predictions,
      int residentBlocks,
      @Nullable String failure,
      @Nullable Work work) {
    Attempt failed(String code) {
      return new Attempt(
          number, placement, path, pathReason, predictions, residentBlocks, code, work);
    }

    Attempt finished(Work account) {
      return new Attempt(
          number, placement, path, pathReason, predictions, residentBlocks, failure, account);
    }
  }

  /**
   * Times in milliseconds.
   *
   * @param ttft from the decision to the first token, null where there was none
   * @param pull the part of prefill in which a prefix was pulled
   * @param path how the prompt was really computed
   * @param ladder steps taken when something failed, in order
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Work(
      @Nullable Double ttft,
      double queue,
      double prefill,
      double pull,
      double kvTransfer,
      double decode,
      long transferredBytes,
      String transport,
      int computedTokens,
      int reusedTokens,
      int pulledTokens,
      String path,
      List<String> ladder) {
    static Work of(GenerationTimings timings, Optional<Duration> ttft) {
      return new Work(
          ttft.map(Timings::millis).orElse(null),
          Timings.millis(timings.prefill().queued()),
          Timings.millis(timings.prefill().computed()),
          Timings.millis(timings.prefill().pulling()),
          Timings.millis(timings.transfer()),
          Timings.millis(timings.decode()),
          timings.transferredBytes(),
          timings.transport(),
          timings.prefill().computedTokens(),
          timings.prefill().reusedTokens(),
          timings.prefill().pulledTokens(),
          word(timings.path()),
          timings.ladder());
    }
  }

  /**
   * The explanation at one moment, as the API answers it.
   *
   * @param waiting why the last look for a worker found none, null once one was found
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record View(
      String id,
      String model,
      String outcome,
      int promptTokens,
      Instant received,
      @Nullable PlacementReport waiting,
      List<Attempt> attempts,
      @Nullable GenerationSummary summary) {}

  public Explanation(
      RequestId id, String tenant, String model, int promptTokens, Instant received) {
    this.id = id.value();
    this.tenant = tenant;
    this.model = model;
    this.promptTokens = promptTokens;
    this.received = received;
  }

  String id() {
    return id;
  }

  String tenant() {
    return tenant;
  }

  /** No worker can take the request at the moment. */
  public synchronized void waiting(PlacementReport report) {
    waiting = report;
  }

  public synchronized void placed(PlacementReport report, PathDecision path, int residentBlocks) {
    waiting = null;
    attempts.add(
        new Attempt(
            attempts.size() + 1,
            report,
            word(path.path()),
            path.reason(),
            path.predictions().stream().map(Forecast::of).toList(),
            residentBlocks,
            null,
            null));
  }

  /** The last attempt did not finish. */
  public synchronized void attemptFailed(String code) {
    if (!attempts.isEmpty()) {
      attempts.set(attempts.size() - 1, attempts.getLast().failed(code));
    }
  }

  /**
   * @param ttft from the last attempt's decision to its first token
   */
  public synchronized void finished(
      GenerationTimings timings, Optional<Duration> ttft, GenerationSummary total) {
    if (!attempts.isEmpty()) {
      attempts.set(attempts.size() - 1, attempts.getLast().finished(Work.of(timings, ttft)));
    }
    summary = total;
  }

  public synchronized void ended(String how) {
    outcome = how;
  }

  public synchronized View view() {
    return new View(
        id, model, outcome, promptTokens, received, waiting, List.copyOf(attempts), summary);
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
