package dev.baton.decode.generation;

import dev.baton.contracts.GenerateRequest;
import dev.baton.contracts.HandOff;
import dev.baton.contracts.LeaseRef;
import dev.baton.decode.handoff.HandleFiller;
import dev.baton.decode.handoff.HeldLease;
import dev.baton.decode.handoff.Prefetch;
import dev.baton.worker.exchange.PrefixFiller;
import dev.baton.worker.loop.EngineLoop;
import dev.baton.worker.runtime.WorkerRuntime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What generations share.
 *
 * @param onEnd hears of each that ends, once
 */
record GenerationContext(
    WorkerRuntime worker,
    DecodeProperties properties,
    ScheduledExecutorService timer,
    InstantSource clock,
    Consumer<Generation> onEnd) {

  EngineLoop loop() {
    return worker.loop();
  }

  void schedule(Runnable task, Duration after) {
    timer.schedule(task, after.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Half of what is left until the deadline, so that there is time to compute the prompt here. */
  Duration handOffPatience(GenerateRequest request) {
    Duration half = Duration.between(clock.instant(), request.deadline()).dividedBy(2);
    return half.compareTo(properties.handOffPatience()) < 0 ? half : properties.handOffPatience();
  }

  HeldLease hold(LeaseRef lease) {
    return HeldLease.of(lease, worker.puller(), timer, clock);
  }

  HandleFiller filler(HandOff.KvHandle handle, HeldLease lease) {
    return new HandleFiller(handle, lease, worker.puller(), properties.pullTimeout());
  }

  Optional<Prefetch> prefetch(GenerateRequest request, HandOff.PrefillStarted started) {
    return properties.pipelined()
        ? Optional.of(
            new Prefetch(
                request, started, worker.puller(), worker.loop(), properties.pullTimeout()))
        : Optional.empty();
  }

  Optional<PrefixFiller> prefixFiller(GenerateRequest request) {
    return worker.prefixes().filler(request.request(), request.tokens().size(), request.sources());
  }

  void ended(Generation generation) {
    onEnd.accept(generation);
  }
}
