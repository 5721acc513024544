package dev.baton.router.explain;

import dev.baton.contracts.GenerationTimings;
import dev.baton.contracts.RequestId;
import dev.baton.router.placement.PathDecision;
import dev.baton.router.placement.PlacementReport;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What happened to one request so far, filled in as it goes. Thread-safe. */
public final class Explanation {
  private final String id;
  private final String tenant;
  private final String model;
  private final int promptTokens;
  private final Instant received;
  private final List<Attempt> attempts = new ArrayList<>();
  private String outcome = "running";
  private @Nullable GenerationSummary summary;

  /**
   * One placement of the request.
   *
   * @param timings the decode worker's account, where it finished there
   */
  public record Attempt(
      int number,
      PlacementReport placement,
      @Nullable String path,
      @Nullable String pathReason,
      int residentBlocks,
      @Nullable String failure,
      @Nullable GenerationTimings timings) {
    Attempt failed(String why) {
      return new Attempt(number, placement, path, pathReason, residentBlocks, why, timings);
    }

    Attempt finished(GenerationTimings account) {
      return new Attempt(number, placement, path, pathReason, residentBlocks, failure, account);
    }
  }

  /** The explanation at one moment, as the API answers it. */
  public record View(
      String id,
      String model,
      String outcome,
      int promptTokens,
      Instant received,
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

  public synchronized void placed(
      PlacementReport report, @Nullable PathDecision path, int residentBlocks) {
    attempts.add(
        new Attempt(
            attempts.size() + 1,
            report,
            path == null ? null : path.path().name().toLowerCase(Locale.ROOT),
            path == null ? null : path.reason(),
            residentBlocks,
            null,
            null));
  }

  public synchronized void attemptFailed(String why) {
    if (!attempts.isEmpty()) {
      attempts.set(attempts.size() - 1, attempts.getLast().failed(why));
    }
  }

  public synchronized void finished(GenerationTimings timings, GenerationSummary total) {
    attempts.set(attempts.size() - 1, attempts.getLast().finished(timings));
    summary = total;
  }

  public synchronized void ended(String how) {
    outcome = how;
  }

  public synchronized View view() {
    return new View(id, model, outcome, promptTokens, received, List.copyOf(attempts), summary);
  }
}
