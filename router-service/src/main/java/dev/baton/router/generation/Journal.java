package dev.baton.router.generation;

import dev.baton.contracts.GenerationTimings;
import dev.baton.contracts.LaneRef;
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
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One request under way: what was asked, and the tokens that the client has been sent. A new
 * attempt begins with all of them, so none is lost, repeated or changed. Used by one signal at a
 * time.
 */
final class Journal {
  private final RequestId id;
  private final Tenant tenant;
  private final GenerationSpec spec;
  private final Instant received;
  private final Explanation explanation;
  private final Set<LaneRef> failed = new HashSet<>();
  private final Set<WorkerId> workers = new LinkedHashSet<>();
  private TokenIds tokens;
  private int attempts;
  private @Nullable Instant firstToken;
  private Instant lastToken;
  private boolean prefillSubmitted;

  Journal(RequestId id, Tenant tenant, GenerationSpec spec, Instant received) {
    this.id = id;
    this.tenant = tenant;
    this.spec = spec;
    this.received = received;
    this.lastToken = received;
    this.tokens = spec.prompt();
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

  Instant received() {
    return received;
  }

  Instant deadline() {
    return received.plus(spec.timeout());
  }

  /** The prompt and every token sent. */
  TokenIds tokens() {
    return tokens;
  }

  int outputTokens() {
    return tokens.size() - spec.prompt().size();
  }

  int attempt() {
    return attempts;
  }

  void attemptOn(WorkerId worker) {
    attempts++;
    workers.add(worker);
  }

  void fail(LaneRef worker) {
    failed.add(worker);
  }

  Set<LaneRef> failed() {
    return failed;
  }

  List<WorkerId> workers() {
    return List.copyOf(workers);
  }

  void submittedPrefill() {
    prefillSubmitted = true;
  }

  boolean prefillSubmitted() {
    return prefillSubmitted;
  }

  /**
   * @throws AttemptFailedException if the token is not the next one
   */
  void append(TokenEvent.Token token, Instant now) {
    if (token.position() != tokens.size()) {
      throw new AttemptFailedException(
          "out_of_order",
          "token at position " + token.position() + ", expected " + tokens.size(),
          true);
    }
    tokens = tokens.plus(TokenIds.of(token.token().tokenId()));
    if (firstToken == null) {
      firstToken = now;
    }
    lastToken = now;
  }

  Optional<Duration> timeToFirstToken() {
    return Optional.ofNullable(firstToken).map(first -> Duration.between(received, first));
  }

  GenerationSummary summary(GenerationTimings timings, Instant now) {
    Instant first = firstToken == null ? now : firstToken;
    double decoding = millis(Duration.between(first, lastToken));
    return new GenerationSummary(
        spec.prompt().size(),
        outputTokens(),
        Math.min(timings.cachedTokens(), spec.prompt().size()),
        new Timings(
            millis(timings.prefill().queued()),
            millis(timings.prefill().computed()),
            millis(timings.transfer()),
            millis(Duration.between(received, first)),
            outputTokens() > 1 ? decoding / (outputTokens() - 1) : 0,
            millis(Duration.between(received, now))));
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }
}
