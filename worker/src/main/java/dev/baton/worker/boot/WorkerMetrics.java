package dev.baton.worker.boot;

import dev.baton.worker.loop.LoopStats;
import dev.baton.worker.runtime.WorkSource;
import dev.baton.worker.runtime.WorkerRuntime;
import dev.baton.worker.tiers.TierStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.function.ToDoubleFunction;
import org.springframework.stereotype.Component;

/** What the loop counts, as metrics. */
@Component
class WorkerMetrics implements MeterBinder {
  private final WorkerRuntime runtime;
  private final WorkSource source;

  WorkerMetrics(WorkerRuntime runtime, WorkSource source) {
    this.runtime = runtime;
    this.source = source;
  }

  @Override
  public void bindTo(MeterRegistry meters) {
    gauge(meters, "baton.kv.blocks.capacity", stats -> stats.pool().total());
    gauge(meters, "baton.kv.blocks.free", stats -> stats.pool().free());
    gauge(meters, "baton.kv.blocks.cached", stats -> stats.pool().cached());
    gauge(meters, "baton.kv.blocks.pinned", stats -> stats.pool().pinned());
    gauge(meters, "baton.worker.sequences.running", LoopStats::running);
    gauge(meters, "baton.worker.sequences.waiting", stats -> stats.waiting() + source.waiting());
    gauge(meters, "baton.worker.tokens.waiting", LoopStats::waitingTokens);
    gauge(meters, "baton.worker.prefill.rate", LoopStats::prefillTokensPerSecond);
    gauge(meters, "baton.worker.decode.rate", LoopStats::decodeTokensPerSecond);
    counter(meters, "baton.worker.tokens.computed", LoopStats::computedTokens);
    counter(meters, "baton.worker.tokens.reused", LoopStats::reusedTokens);
    counter(meters, "baton.worker.tokens.pulled", LoopStats::filledTokens);
    counter(meters, "baton.worker.tokens.generated", LoopStats::generatedTokens);
    counter(meters, "baton.worker.steps", LoopStats::steps);
    counter(meters, "baton.worker.preemptions", LoopStats::preemptions);
    Gauge.builder("baton.kv.leases.open", runtime, worker -> worker.leases().size())
        .register(meters);
    Gauge.builder("baton.kv.transfer.rate", runtime, worker -> worker.estimate().bytesPerSecond())
        .baseUnit("bytes_per_second")
        .register(meters);
    for (int tier = 0; tier < runtime.tiers().stats().size(); tier++) {
      bindTier(meters, tier);
    }
  }

  private void bindTier(MeterRegistry meters, int tier) {
    String name = runtime.tiers().stats().get(tier).tier();
    tierGauge(meters, name, "baton.kv.tier.capacity", stats(tier, TierStats::capacity));
    tierGauge(meters, name, "baton.kv.tier.blocks", stats(tier, TierStats::blocks));
    tierCounter(meters, name, "baton.kv.tier.hits", stats(tier, TierStats::hits));
    tierCounter(meters, name, "baton.kv.tier.stored", stats(tier, TierStats::stored));
    tierCounter(meters, name, "baton.kv.tier.evicted", stats(tier, TierStats::evicted));
    tierCounter(meters, name, "baton.kv.tier.corrupt", stats(tier, TierStats::corrupt));
    tierCounter(meters, name, "baton.kv.tier.failed", stats(tier, TierStats::failed));
  }

  private static ToDoubleFunction<WorkerRuntime> stats(
      int tier, ToDoubleFunction<TierStats> value) {
    return worker -> value.applyAsDouble(worker.tiers().stats().get(tier));
  }

  private void tierGauge(
      MeterRegistry meters, String tier, String name, ToDoubleFunction<WorkerRuntime> value) {
    Gauge.builder(name, runtime, value).tag("tier", tier).register(meters);
  }

  private void tierCounter(
      MeterRegistry meters, String tier, String name, ToDoubleFunction<WorkerRuntime> value) {
    FunctionCounter.builder(name, runtime, value).tag("tier", tier).register(meters);
  }

  private void gauge(MeterRegistry meters, String name, ToDoubleFunction<LoopStats> value) {
    Gauge.builder(name, runtime, worker -> value.applyAsDouble(worker.loop().stats()))
        .register(meters);
  }

  private void counter(MeterRegistry meters, String name, ToDoubleFunction<LoopStats> value) {
    FunctionCounter.builder(name, runtime, worker -> value.applyAsDouble(worker.loop().stats()))
        .register(meters);
  }
}
