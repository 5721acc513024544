package dev.baton.prefill.handoff;

import dev.baton.contracts.HandOff;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.LeaseRef;
import dev.baton.contracts.PrefillRequest;
import dev.baton.contracts.PrefillTimings;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.ServiceClass;
import dev.baton.prefill.queue.PrefillHandler;
import dev.baton.prefill.queue.Settlement;
import dev.baton.worker.loop.Goal;
import dev.baton.worker.loop.SequenceEnd;
import dev.baton.worker.loop.SequenceId;
import dev.baton.worker.loop.SequenceListener;
import dev.baton.worker.loop.SequenceSpec;
import dev.baton.worker.loop.SequenceTimes;
import dev.baton.worker.runtime.WorkerRuntime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One prefill after the other, many at a time: runs the prompt through the loop, opens a lease on
 * its blocks, and hands it to the decode worker. Safe for use by all threads.
 */
public final class PrefillWork implements PrefillHandler {
  private static final Logger log = LoggerFactory.getLogger(PrefillWork.class);

  private final WorkerRuntime worker;
  private final Supplier<Optional<LaneRef>> lane;
  private final HandOffs handOffs;
  private final InstantSource clock;
  private final CancelledRequests cancelled = new CancelledRequests();
  private final Map<SequenceId, PrefillRequest> running = new ConcurrentHashMap<>();

  /**
   * @param lane this worker's lane, under which leases are given
   */
  public PrefillWork(
      WorkerRuntime worker,
      Supplier<Optional<LaneRef>> lane,
      HandOffs handOffs,
      InstantSource clock) {
    this.worker = worker;
    this.lane = lane;
    this.handOffs = handOffs;
    this.clock = clock;
  }

  @Override
  public CompletionStage<Settlement> handle(PrefillRequest request, ServiceClass serviceClass) {
    Instant taken = clock.instant();
    if (cancelled.contains(request.request()) || !taken.isBefore(request.deadline())) {
      return CompletableFuture.completedStage(Settlement.DONE);
    }
    if (!request.fingerprint().equals(worker.engine().model().fingerprint())) {
      return refuse(request, "this worker runs another model, or keeps it in other types", true);
    }
    SequenceId id = new SequenceId(request.request(), request.attempt());
    if (running.putIfAbsent(id, request) != null) {
      // Redelivered although it runs here: the first one settles it.
      return CompletableFuture.completedStage(Settlement.DONE);
    }
    CompletableFuture<Settlement> settled = new CompletableFuture<>();
    worker
        .loop()
        .submit(
            spec(id, request, serviceClass),
            new SequenceListener() {
              @Override
              public void started() {
                announce(request);
              }

              @Override
              public void ended(SequenceEnd end) {
                running.remove(id);
                settle(request, taken, end)
                    .whenComplete((settlement, failure) -> {
                      if (failure == null) {
                        settled.complete(settlement);
                      } else {
                        log.error("{}: hand-off failed", request.request(), failure);
                        settled.complete(Settlement.TRY_ELSEWHERE);
                      }
                    });
              }
            });
    // A cancellation may have come between the look above and the submission.
    if (cancelled.contains(request.request())) {
      worker.loop().cancel(id);
    }
    return settled;
  }

  /** Lets the decode worker pull the blocks of a chunk while the next one is computed. */
  private void announce(PrefillRequest request) {
    if (request.tokens().size() <= worker.maxTokensPerStep()) {
      return;
    }
    lane.get()
        .ifPresent(holder ->
            handOffs
                .send(
                    new HandOff.PrefillStarted(
                        HandOff.VERSION,
                        request.request(),
                        request.attempt(),
                        request.target(),
                        holder,
                        worker.endpoint()))
                .whenComplete((_, failure) -> {
                  if (failure != null) {
                    log.atInfo()
                        .addKeyValue("request", request.request())
                        .log(
                            "not announced, all blocks will go at the end: {}", failure.toString());
                  }
                }));
  }

  /** Ends the request if it runs here, and drops it should it come yet. */
  public void cancel(RequestId request) {
    cancelled.add(request);
    running.keySet().stream()
        .filter(id -> id.request().equals(request))
        .forEach(worker.loop()::cancel);
  }

  private SequenceSpec spec(SequenceId id, PrefillRequest request, ServiceClass serviceClass) {
    return new SequenceSpec(
        id,
        request.tokens(),
        request.tokens().size(),
        request.promptLength(),
        request.root(),
        request.sampling(),
        new Goal.HandOver(),
        serviceClass.ordinal(),
        request.deadline(),
        worker
            .prefixes()
            .filler(request.request(), request.tokens().size(), request.sources())
            .orElse(null));
  }

  private CompletionStage<Settlement> settle(
      PrefillRequest request, Instant taken, SequenceEnd end) {
    return switch (end) {
      case SequenceEnd.HandedOver done -> handOver(request, taken, done);
      case SequenceEnd.Cancelled _ -> CompletableFuture.completedStage(Settlement.DONE);
      case SequenceEnd.Failed failed -> {
        log.atWarn()
            .addKeyValue("request", request.request())
            .log("prefill failed: {}, {}", failed.failure(), failed.message());
        yield switch (failed.failure()) {
          case DEADLINE_EXCEEDED -> CompletableFuture.completedStage(Settlement.DONE);
          case WORKER_GONE, ENGINE_FAILED ->
              CompletableFuture.completedStage(Settlement.TRY_ELSEWHERE);
          case TOO_LONG, DUPLICATE, OVERFLOW ->
              refuse(request, failed.message(), failed.failure().retryable());
        };
      }
      case SequenceEnd.Finished _, SequenceEnd.Fetched _ ->
          CompletableFuture.failedStage(
              new IllegalStateException("a prefill generates nothing but its hand-over"));
    };
  }

  /** Nobody waits in vain: the decode worker goes on without the prefill tier. */
  private CompletionStage<Settlement> refuse(
      PrefillRequest request, String reason, boolean retryable) {
    return handOffs
        .send(
            new HandOff.PrefillFailure(
                HandOff.VERSION,
                request.request(),
                request.attempt(),
                request.target(),
                worker.id(),
                reason,
                retryable))
        .handle((_, failure) -> failure == null ? Settlement.DONE : Settlement.TRY_ELSEWHERE);
  }

  private CompletionStage<Settlement> handOver(
      PrefillRequest request, Instant taken, SequenceEnd.HandedOver done) {
    return done.blocks()
        .thenCompose(blocks -> {
          Optional<LaneRef> holder = lane.get();
          if (holder.isEmpty()) {
            worker.loop().unpin(done.pinned());
            return refuse(request, "this worker has lost its lane", true);
          }
          var lease = worker.leases().open(request.request(), done.pinned(), worker.leaseTtl());
          HandOff handle =
              new HandOff.KvHandle(
                  HandOff.VERSION,
                  request.request(),
                  request.attempt(),
                  request.target(),
                  new LeaseRef(holder.get(), worker.endpoint(), lease.leaseId(), lease.expiresAt()),
                  blocks,
                  request.tokens().size(),
                  done.firstToken(),
                  timings(request, taken, done.times()));
          return handOffs
              .send(handle)
              .handle((_, failure) -> {
                if (failure == null) {
                  logHandOver(request, done.times());
                  return Settlement.DONE;
                }
                log.atWarn()
                    .addKeyValue("request", request.request())
                    .log("the handle could not be sent: {}", failure.toString());
                worker.leases().release(lease.leaseId());
                return Settlement.TRY_ELSEWHERE;
              });
        });
  }

  private static void logHandOver(PrefillRequest request, SequenceTimes times) {
    log.atInfo()
        .addKeyValue("request", request.request())
        .log(
            "handed {} tokens to {}: {} computed, {} reused, {} pulled, in {} ms",
            request.tokens().size(),
            request.target().worker(),
            times.computedTokens(),
            times.reusedTokens(),
            times.filledTokens(),
            times.filling().plus(times.computing()).toMillis());
  }

  private static PrefillTimings timings(
      PrefillRequest request, Instant taken, SequenceTimes times) {
    Duration inQueue = Duration.between(request.submitted(), taken);
    Duration queued = (inQueue.isNegative() ? Duration.ZERO : inQueue).plus(times.waiting());
    return new PrefillTimings(
        queued,
        times.filling().plus(times.computing()),
        times.filling(),
        times.computedTokens(),
        times.reusedTokens(),
        times.filledTokens());
  }
}
