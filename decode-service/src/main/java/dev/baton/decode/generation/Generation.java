package dev.baton.decode.generation;

import dev.baton.contracts.FinishReason;
import dev.baton.contracts.GenerateRequest;
import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.GenerationTimings;
import dev.baton.contracts.HandOff;
import dev.baton.contracts.PrefillTimings;
import dev.baton.contracts.SampledToken;
import dev.baton.contracts.TokenEvent;
import dev.baton.contracts.TokenIds;
import dev.baton.decode.handoff.HandleFiller;
import dev.baton.decode.handoff.HeldLease;
import dev.baton.decode.handoff.Prefetch;
import dev.baton.worker.exchange.PrefixFiller;
import dev.baton.worker.exchange.Pull;
import dev.baton.worker.loop.Filler;
import dev.baton.worker.loop.Goal;
import dev.baton.worker.loop.SequenceEnd;
import dev.baton.worker.loop.SequenceId;
import dev.baton.worker.loop.SequenceListener;
import dev.baton.worker.loop.SequenceSpec;
import dev.baton.worker.loop.SequenceTimes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt at one request: waits for its hand-off, runs in the loop, tells the router. Where the
 * prefill tier does not deliver, the prompt is computed here; what the answer is does not depend on
 * that. Every method may be called from any thread.
 */
final class Generation implements SequenceListener {
  private static final Logger log = LoggerFactory.getLogger(Generation.class);

  /** Where it stands; it only moves downwards. */
  private enum Stage {
    NEW,
    AWAITING_HAND_OFF,
    RUNNING,
    ENDED
  }

  private final GenerateRequest request;
  private final GenerationContext context;
  private final TokenSink sink;
  private final List<String> ladder = new ArrayList<>();
  private Stage stage = Stage.NEW;
  private GenerationPath path;
  private PrefillTimings prefill = PrefillTimings.NONE;
  private @Nullable Prefetch prefetch;
  private @Nullable HeldLease lease;
  private @Nullable HandleFiller handleFiller;
  private @Nullable PrefixFiller prefixFiller;
  private long firstTokenAt;
  private int outputTokens;

  Generation(GenerateRequest request, GenerationContext context, TokenSink sink) {
    this.request = request;
    this.context = context;
    this.sink = sink;
    this.path = request.path();
    this.outputTokens = request.tokens().size() - request.promptLength();
  }

  GenerateRequest request() {
    return request;
  }

  SequenceId id() {
    return new SequenceId(request.request(), request.attempt());
  }

  synchronized boolean awaitsHandOff() {
    return stage == Stage.AWAITING_HAND_OFF;
  }

  synchronized void begin() {
    if (stage != Stage.NEW) {
      return;
    }
    emit(new TokenEvent.Accepted(request.request(), request.attempt(), request.target()));
    switch (request.path()) {
      case DECODE_LOCAL -> computeHere();
      case DISAGGREGATED -> {
        stage = Stage.AWAITING_HAND_OFF;
        context.schedule(this::handOffIsLate, context.handOffPatience(request));
      }
    }
  }

  /** The baton arrives; false where nobody waits for it and its lease should be given back. */
  synchronized boolean handOver(HandOff.KvHandle handle) {
    if (stage != Stage.AWAITING_HAND_OFF || !handle.target().equals(request.target())) {
      return false;
    }
    if (handle.tokenCount() != request.tokens().size()) {
      ladder.add("hand-off covers " + handle.tokenCount() + " tokens, computed here");
      computeHere();
      return false;
    }
    stage = Stage.RUNNING;
    prefill = handle.timings();
    HeldLease held = context.hold(handle.lease());
    lease = held;
    SampledToken first = handle.firstToken();
    if (stops(first.tokenId())) {
      finish(FinishReason.STOP, Optional.empty());
      return true;
    }
    firstTokenAt = System.nanoTime();
    outputTokens++;
    emit(new TokenEvent.Token(handle.tokenCount(), first));
    if (outputTokens >= request.stop().maxTokens()) {
      finish(FinishReason.LENGTH, Optional.empty());
      return true;
    }
    HandleFiller filler = context.filler(handle, held);
    handleFiller = filler;
    run(request.tokens().plus(TokenIds.of(first.tokenId())), filler);
    return true;
  }

  /** Blocks of the prompt can be pulled as they are computed. */
  synchronized void prefillStarted(HandOff.PrefillStarted started) {
    if (stage == Stage.AWAITING_HAND_OFF
        && prefetch == null
        && started.target().equals(request.target())) {
      prefetch = context.prefetch(request, started).orElse(null);
      if (prefetch != null) {
        prefetch.start();
      }
    }
  }

  /** The prefill tier gives up. */
  synchronized void prefillFailed(HandOff.PrefillFailure failure) {
    if (stage == Stage.AWAITING_HAND_OFF && failure.target().equals(request.target())) {
      ladder.add("prefill on " + failure.worker() + " failed: " + failure.reason());
      computeHere();
    }
  }

  /** Nobody listens any more. */
  void cancel() {
    end(new SequenceEnd.Cancelled());
    context.loop().cancel(id());
  }

  /** The worker has lost its lane; what runs in the loop is failed there. */
  synchronized void workerGone() {
    if (stage == Stage.AWAITING_HAND_OFF) {
      fail("worker_gone", "the worker has lost its lane", true);
    }
  }

  @Override
  public synchronized void token(int position, SampledToken token) {
    if (stage != Stage.RUNNING) {
      return;
    }
    if (firstTokenAt == 0) {
      firstTokenAt = System.nanoTime();
    }
    outputTokens++;
    if (!emit(new TokenEvent.Token(position, token))) {
      context.loop().fail(id(), SequenceEnd.Failure.OVERFLOW, "the reader fell too far behind");
    }
  }

  @Override
  public void ended(SequenceEnd end) {
    end(end);
  }

  private synchronized void end(SequenceEnd end) {
    if (stage == Stage.ENDED) {
      return;
    }
    switch (end) {
      case SequenceEnd.Finished finished ->
          finish(finished.reason(), Optional.of(finished.times()));
      case SequenceEnd.Failed failed ->
          fail(
              failed.failure().name().toLowerCase(Locale.ROOT),
              failed.message(),
              failed.failure().retryable());
      case SequenceEnd.Cancelled _ -> fail("cancelled", "the request was cancelled", false);
      case SequenceEnd.HandedOver _, SequenceEnd.Fetched _ ->
          throw new IllegalStateException("a generation hands nothing over and fetches nothing");
    }
  }

  private synchronized void handOffIsLate() {
    if (stage == Stage.AWAITING_HAND_OFF) {
      ladder.add("no hand-off within " + context.handOffPatience(request).toSeconds() + " s");
      computeHere();
    }
  }

  private void computeHere() {
    stage = Stage.RUNNING;
    path = GenerationPath.DECODE_LOCAL;
    prefixFiller = context.prefixFiller(request).orElse(null);
    run(request.tokens(), prefixFiller);
  }

  /** Once the head start is over: what it has brought is reused. */
  private void run(TokenIds tokens, @Nullable Filler filler) {
    SequenceSpec spec =
        new SequenceSpec(
            id(),
            tokens,
            request.tokens().size(),
            request.promptLength(),
            request.root(),
            request.sampling(),
            new Goal.Generate(request.stop()),
            0,
            request.deadline(),
            filler);
    if (prefetch == null) {
      context.loop().submit(spec, this);
    } else {
      prefetch.finish().thenRun(() -> submit(spec));
    }
  }

  private synchronized void submit(SequenceSpec spec) {
    if (stage == Stage.RUNNING) {
      context.loop().submit(spec, this);
    }
  }

  private boolean stops(int token) {
    TokenIds stops = request.stop().stopTokens();
    for (int i = 0; i < stops.size(); i++) {
      if (stops.get(i) == token) {
        return true;
      }
    }
    return false;
  }

  /**
   * @param times of the loop; none where the token that came with the handle was the last
   */
  private void finish(FinishReason reason, Optional<SequenceTimes> times) {
    GenerationTimings timings = timings(times);
    log.atInfo()
        .addKeyValue("request", request.request())
        .log(
            "{} tokens, {}; {} bytes pulled, {} of them during prefill, the rest in {} ms; ladder {}",
            outputTokens,
            timings.path(),
            timings.transferredBytes(),
            prefetch == null ? 0 : prefetch.bytes(),
            timings.transfer().toMillis(),
            timings.ladder());
    emit(new TokenEvent.Finished(reason, outputTokens, timings));
    close();
  }

  private void fail(String code, String message, boolean retryable) {
    log.atWarn()
        .addKeyValue("request", request.request())
        .log(
            "attempt {} ended after {} tokens: {}, {}",
            request.attempt(),
            outputTokens,
            code,
            message);
    emit(new TokenEvent.Failed(code, message, retryable));
    close();
  }

  private void close() {
    stage = Stage.ENDED;
    if (prefetch != null) {
      prefetch.finish();
    }
    if (lease != null) {
      lease.close();
    }
    sink.complete();
    context.ended(this);
  }

  private boolean emit(TokenEvent event) {
    return sink.next(event);
  }

  private GenerationTimings timings(Optional<SequenceTimes> times) {
    Optional<Pull> pull =
        Optional.ofNullable(handleFiller)
            .flatMap(HandleFiller::pull)
            .or(() -> Optional.ofNullable(prefixFiller).flatMap(PrefixFiller::pull));
    pull.flatMap(Pull::problem).ifPresent(problem -> ladder.add("pull: " + problem));
    int computed = prefill.computedTokens() + times.map(SequenceTimes::computedTokens).orElse(0);
    return new GenerationTimings(
        path == GenerationPath.DECODE_LOCAL ? times.map(Generation::own).orElse(prefill) : prefill,
        path,
        pull.map(Pull::took).orElse(Duration.ZERO),
        pull.map(Pull::bytes).orElse(0L) + (prefetch == null ? 0 : prefetch.bytes()),
        pull.map(Pull::transport).map(kind -> kind.name().toLowerCase(Locale.ROOT)).orElse(""),
        Math.max(0, request.tokens().size() - computed),
        firstTokenAt == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - firstTokenAt),
        ladder);
  }

  /** The prompt was computed here: its account in the terms of a prefill. */
  private static PrefillTimings own(SequenceTimes times) {
    return new PrefillTimings(
        times.waiting(),
        times.filling().plus(times.computing()),
        times.filling(),
        times.computedTokens(),
        times.reusedTokens(),
        times.filledTokens());
  }
}
