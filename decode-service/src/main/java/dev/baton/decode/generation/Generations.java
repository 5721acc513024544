package dev.baton.decode.generation;

import dev.baton.contracts.GenerateRequest;
import dev.baton.contracts.HandOff;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.TokenEvent;
import dev.baton.decode.handoff.HandOffIntake;
import dev.baton.worker.loop.SequenceId;
import dev.baton.worker.membership.MembershipListener;
import dev.baton.worker.runtime.WorkSource;
import dev.baton.worker.runtime.WorkerRuntime;
import dev.baton.worker.web.WorkRefusedException;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** All generations of this worker. Safe for use by all threads. */
public final class Generations implements WorkSource, MembershipListener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Generations.class);

  /** Accepted, finished and failed. */
  private static final int EVENTS_BESIDE_TOKENS = 3;

  private final WorkerRuntime worker;
  private final HandOffIntake intake;
  private final DecodeProperties properties;
  private final Map<SequenceId, Generation> generations = new ConcurrentHashMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("generation-timer").daemon().factory());
  private final GenerationContext context;
  private volatile @Nullable LaneRef lane;
  private volatile boolean stopped;

  public Generations(
      WorkerRuntime worker,
      Map<String, Object> kafkaClient,
      DecodeProperties properties,
      InstantSource clock) {
    this.worker = worker;
    this.properties = properties;
    this.intake = new HandOffIntake(kafkaClient, this::receive);
    this.context =
        new GenerationContext(
            worker, properties, timer, clock, ended -> generations.remove(ended.id(), ended));
  }

  /**
   * Takes a request on when the flux is subscribed to; cancelling it ends the generation. Errors
   * with {@link WorkRefusedException} where the request cannot be taken on.
   */
  public Flux<TokenEvent> generate(GenerateRequest request) {
    return Flux.defer(() -> {
      admit(request);
      EventStream events =
          new EventStream(new SequenceId(request.request(), request.attempt()), room(request));
      Generation generation = new Generation(request, context, events);
      if (generations.putIfAbsent(generation.id(), generation) != null) {
        throw new WorkRefusedException(409, "duplicate", generation.id() + " runs here already");
      }
      // Encoding and writing is not the engine loop's business.
      return events.read(Schedulers.parallel(), generation::begin, generation::cancel);
    });
  }

  /** Enough for every event that a generation can have. */
  private int room(GenerateRequest request) {
    int tokens = Math.min(request.stop().maxTokens(), worker.engine().model().maxPositions());
    return tokens + EVENTS_BESIDE_TOKENS;
  }

  private void admit(GenerateRequest request) {
    LaneRef held = lane;
    if (stopped || held == null || !connected()) {
      throw new WorkRefusedException(503, "not_ready", "this worker takes no work now");
    }
    if (!held.equals(request.target())) {
      throw new WorkRefusedException(
          409, "stale_epoch", "this worker lives in epoch " + held.epoch().value());
    }
    if (generations.size() >= properties.maxGenerations()) {
      throw new WorkRefusedException(
          429, "overloaded", "at most " + properties.maxGenerations() + " generations run here");
    }
  }

  private void receive(HandOff handOff) {
    Generation generation = generations.get(new SequenceId(handOff.request(), handOff.attempt()));
    switch (handOff) {
      case HandOff.PrefillStarted started -> {
        if (generation != null) {
          generation.prefillStarted(started);
        }
      }
      case HandOff.KvHandle handle -> {
        if (generation == null || !generation.handOver(handle)) {
          log.atInfo()
              .addKeyValue("request", handle.request())
              .log("nobody waits for this hand-off, its lease is given back");
          worker.puller().release(handle.lease());
        }
      }
      case HandOff.PrefillFailure failure -> {
        if (generation != null) {
          generation.prefillFailed(failure);
        }
      }
    }
  }

  @Override
  public void granted(LaneRef granted) {
    intake.follow(granted.lane());
    lane = granted;
  }

  @Override
  public void fenced(LaneRef lost) {
    lane = null;
    generations.values().forEach(Generation::workerGone);
  }

  @Override
  public void resync(LaneRef held) {}

  @Override
  public boolean connected() {
    LaneRef held = lane;
    return held != null && intake.reading().filter(held.lane()::equals).isPresent();
  }

  /** Those that wait for the prefill tier. */
  @Override
  public int waiting() {
    return (int) generations.values().stream().filter(Generation::awaitsHandOff).count();
  }

  @Override
  public boolean idle() {
    return generations.isEmpty();
  }

  @Override
  public void cancel(RequestId request) {
    generations.values().stream()
        .filter(generation -> generation.request().request().equals(request))
        .forEach(Generation::cancel);
  }

  @Override
  public void stop() {
    stopped = true;
  }

  @Override
  public void close() {
    stop();
    intake.close();
    timer.shutdownNow();
  }
}
