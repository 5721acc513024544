package dev.baton.router.generation;

import dev.baton.contracts.GenerationTimings;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.TokenEvent;
import dev.baton.contracts.TokenIds;
import dev.baton.contracts.WorkerId;
import dev.baton.router.explain.Explanation;
import dev.baton.router.explain.GenerationSummary;
import dev.baton.router.explain.Timings;
import dev.baton.router.tenancy.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One request under way: what was asked, and the tokens that the client has been sent. A new
 * attempt begins with all of them, so none is lost, repeated or changed. Thread-safe.
 */
final class Journal {
  private final RequestId id;
  private final Tenant tenant;
  private final GenerationSpec spec;
  private final Instant received;
  private final Explanation explanation;
  private final Set<LaneRef> failed = new HashSet<>();
  private final Set<WorkerId> workers = new LinkedHashSet<>();
  private int[] output = new int[64];
  private int outputTokens;
  private int attempts;
  private @Nullable Instant firstToken;
  private Instant lastToken;
  private @Nullable ModelFingerprint fingerprint;
  private boolean prefillSubmitted;
  private boolean queueFailed;
  private boolean done;

  Journal(RequestId id, Tenant tenant, GenerationSpec spec, Instant received) {
    this.id = id;
    this.tenant = tenant;
    this.spec = spec;
    this.received = received;
    this.lastToken = received;
    this.explanation =
        new Explanation(id, tenant.name(), spec.model(), spec.prompt().size(), received);
  }

  RequestId id() {
    return id;
  }

  Tenant tenant() {
    return tenant;
  }

  GenerationSpec spec() {
    return spec;
  }

  Explanation explanation() {
    return explanation;
  }

  /** The session of the tenant's client, so that two tenants never share one. */
  Optional<String> session() {
    return spec.session().map(session -> tenant.name() + " " + session);
  }

  Instant received() {
    return received;
  }

  Instant deadline() {
    return received.plus(spec.timeout());
  }

  /** The prompt and every token sent. */
  synchronized TokenIds tokens() {
    return spec.prompt().plus(TokenIds.copyOf(output, outputTokens));
  }

  /** {@code tokens().size()} */
  synchronized int length() {
    return spec.prompt().size() + outputTokens;
  }

  synchronized int outputTokens() {
    return outputTokens;
  }

  /** Whether nothing may follow, even if the worker's last word was lost. */
  synchronized boolean isFull() {
    return outputTokens >= spec.stop().maxTokens();
  }

  synchronized int attempt() {
    return attempts;
  }

  synchronized void attemptOn(WorkerId worker, ModelFingerprint model) {
    attempts++;
    workers.add(worker);
    fingerprint = model;
  }

  /** The weights that wrote the tokens sent so far; only the same may go on. */
  synchronized Optional<ModelFingerprint> fingerprint() {
    return outputTokens == 0 ? Optional.empty() : Optional.ofNullable(fingerprint);
  }

  synchronized void fail(LaneRef worker) {
    failed.add(worker);
  }

  synchronized Set<LaneRef> failed() {
    return Set.copyOf(failed);
  }

  synchronized List<WorkerId> workers() {
    return List.copyOf(workers);
  }

  synchronized void submittedPrefill() {
    prefillSubmitted = true;
  }

  synchronized boolean prefillSubmitted() {
    return prefillSubmitted;
  }

  synchronized void queueFailed() {
    queueFailed = true;
  }

  /** Whether the prefill queue has failed this request, so that it must do without. */
  synchronized boolean hasQueueFailed() {
    return queueFailed;
  }

  /** The answer is complete, whatever signal ends the stream. */
  synchronized void done() {
    done = true;
  }

  synchronized boolean isDone() {
    return done;
  }

  /**
   * @return whether it is the first token of the request
   * @throws AttemptFailedException if the token is not the next one
   */
  synchronized boolean append(TokenEvent.Token token, Instant now) {
    if (token.position() != length()) {
      throw new AttemptFailedException(
          "out_of_order", "token at " + token.position() + ", expected " + length(), true);
    }
    if (isFull()) {
      throw new AttemptFailedException("too_many", "a token beyond max_tokens", false);
    }
    if (outputTokens == output.length) {
      output = Arrays.copyOf(output, output.length * 2);
    }
    output[outputTokens++] = token.token().tokenId();
    lastToken = now;
    if (firstToken != null) {
      return false;
    }
    firstToken = now;
    return true;
  }

  synchronized Optional<Duration> timeToFirstToken() {
    return Optional.ofNullable(firstToken).map(first -> Duration.between(received, first));
  }

  synchronized GenerationSummary summary(GenerationTimings timings, Instant now) {
    Instant first = firstToken == null ? now : firstToken;
    double decoding = Timings.millis(Duration.between(first, lastToken));
    return new GenerationSummary(
        spec.prompt().size(),
        outputTokens,
        Math.min(timings.cachedTokens(), spec.prompt().size()),
        new Timings(
            Timings.millis(timings.prefill().queued()),
            Timings.millis(timings.prefill().computed()),
            Timings.millis(timings.transfer()),
            Timings.millis(Duration.between(received, first)),
            outputTokens > 1 ? decoding / (outputTokens - 1) : 0,
            Timings.millis(Duration.between(received, now))));
  }
}
