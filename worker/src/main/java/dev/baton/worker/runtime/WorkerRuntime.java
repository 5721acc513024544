package dev.baton.worker.runtime;

import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.Role;
import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerLoad;
import dev.baton.contracts.WorkerStats;
import dev.baton.engine.Engine;
import dev.baton.kvtransfer.KvPlane;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.KvPool;
import dev.baton.kvtransfer.TransferInterceptor;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.lease.LeaseBook;
import dev.baton.kvtransfer.plane.WorkerKvPlane;
import dev.baton.worker.exchange.BlockPuller;
import dev.baton.worker.exchange.PrefixSources;
import dev.baton.worker.exchange.PullEstimate;
import dev.baton.worker.exchange.TransferRates;
import dev.baton.worker.loop.EngineLoop;
import dev.baton.worker.loop.LoopStats;
import dev.baton.worker.loop.SequenceEnd;
import dev.baton.worker.membership.MembershipListener;
import dev.baton.worker.residency.ResidencyPublisher;
import dev.baton.worker.scheduling.Scheduler;
import dev.baton.worker.scheduling.SchedulerLimits;
import dev.baton.worker.tiers.BlockTiers;
import dev.baton.worker.tiers.CacheSettings;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Engine, loop, KV plane and leases of one worker, put together. Whatever moves the worker's epoch
 * comes here as a {@link MembershipListener}. Safe for use by all threads.
 */
public final class WorkerRuntime implements MembershipListener, AutoCloseable {
  private final WorkerId id;
  private final Role role;
  private final Engine engine;
  private final EngineLoop loop;
  private final LeaseBook leases;
  private final KvPlane plane;
  private final KvEndpoint endpoint;
  private final PrefixSources prefixes;
  private final TransferRates rates;
  private final BlockTiers tiers;
  private final ResidencyPublisher residency;
  private final ExecutorService digesting;
  private final AtomicLong digestMismatches;
  private final Duration leaseTtl;
  private final int maxTokensPerStep;

  private WorkerRuntime(
      Settings settings,
      Engine engine,
      EngineLoop loop,
      LeaseBook leases,
      KvPlane plane,
      PrefixSources prefixes,
      TransferRates rates,
      ResidencyPublisher residency,
      ExecutorService digesting,
      AtomicLong digestMismatches) {
    this.id = settings.id();
    this.role = settings.role();
    this.leaseTtl = settings.leaseTtl();
    this.maxTokensPerStep = settings.maxTokensPerStep();
    this.endpoint = new KvEndpoint(settings.host(), plane.port());
    this.engine = engine;
    this.loop = loop;
    this.leases = leases;
    this.plane = plane;
    this.prefixes = prefixes;
    this.rates = rates;
    this.tiers = prefixes.tiers();
    this.residency = residency;
    this.digesting = digesting;
    this.digestMismatches = digestMismatches;
  }

  /**
   * @param host what the KV plane binds to and advertises
   * @param kvPort its port, 0 for any free one
   */
  public record Settings(
      WorkerId id,
      Role role,
      String host,
      int kvPort,
      int maxTokensPerStep,
      int maxSequences,
      Duration leaseTtl) {}

  /** Starts without tiers behind the pool. */
  public static WorkerRuntime start(
      Settings settings,
      Engine engine,
      ResidencyPublisher residency,
      TransferInterceptor interceptor,
      TransferObserver observer,
      Clock clock)
      throws IOException {
    return start(
        settings,
        CacheSettings.POOL_ONLY,
        engine,
        residency,
        interceptor,
        new TransferRates(),
        observer,
        clock);
  }

  /**
   * Starts loop and plane on an engine, which belongs to the runtime from then on.
   *
   * @param rates of the links to peers, kept here
   * @param observer hears of every transfer once {@code rates} has, for metrics
   * @throws IOException when the KV plane's port cannot be bound, or the tier's directory not used
   */
  public static WorkerRuntime start(
      Settings settings,
      CacheSettings cache,
      Engine engine,
      ResidencyPublisher residency,
      TransferInterceptor interceptor,
      TransferRates rates,
      TransferObserver observer,
      Clock clock)
      throws IOException {
    KvPool pool = EngineBlocks.pool(engine);
    SchedulerLimits limits =
        new SchedulerLimits(
            settings.maxTokensPerStep(),
            settings.maxSequences(),
            engine.kvLayout().blockTokens(),
            pool.blockCount(),
            engine.model().maxPositions());
    BlockTiers tiers =
        BlockTiers.open(cache, pool, engine.model().fingerprint(), engine.kvLayout());
    ExecutorService digesting =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().name("digests").daemon().factory());
    EngineLoop loop =
        new EngineLoop(
            engine,
            new Scheduler(limits),
            residency,
            tiers,
            cache.tenantQuota(pool.blockCount()),
            EngineBlocks.digester(pool),
            digesting,
            clock);
    LeaseBook leases = new LeaseBook(clock, (_, _, blocks, _) -> loop.unpin(blocks));
    PullEstimate estimate = estimate(engine, loop, PullEstimate.PEER_OVERHEAD, rates);
    AtomicLong mismatches = new AtomicLong();
    KvPlane plane =
        WorkerKvPlane.start(
            KvPlaneConfig.builder(settings.id(), engine.model().fingerprint(), engine.kvLayout())
                .bind(settings.host(), settings.kvPort())
                .leaseTtl(settings.leaseTtl())
                .interceptor(interceptor)
                .observer(observeAll(estimate, mismatches, observer))
                .build(),
            pool,
            leases,
            (_, hashes, beyond, wait) -> loop.pin(hashes, beyond, wait));
    loop.start();
    PrefixSources prefixes =
        new PrefixSources(
            settings.id(),
            tiers,
            estimate(engine, loop, Duration.ZERO, new TransferRates()),
            cache.readTimeout(),
            new BlockPuller(plane),
            estimate);
    return new WorkerRuntime(
        settings, engine, loop, leases, plane, prefixes, rates, residency, digesting, mismatches);
  }

  private static PullEstimate estimate(
      Engine engine, EngineLoop loop, Duration overhead, TransferRates rates) {
    return new PullEstimate(
        engine.kvLayout().blockBytes(),
        engine.kvLayout().blockTokens(),
        overhead,
        rates,
        () -> loop.stats().prefillTokensPerSecond());
  }

  private static TransferObserver observeAll(
      PullEstimate estimate, AtomicLong mismatches, TransferObserver metrics) {
    return (peer, transport, blocks, bytes, nanos, outcome) -> {
      if (outcome instanceof TransferOutcome.Corrupted corrupted) {
        mismatches.addAndGet(corrupted.indices().size());
      }
      estimate.transferEnded(peer, transport, blocks, bytes, nanos, outcome);
      metrics.transferEnded(peer, transport, blocks, bytes, nanos, outcome);
    };
  }

  public WorkerId id() {
    return id;
  }

  public Role role() {
    return role;
  }

  public Engine engine() {
    return engine;
  }

  public EngineLoop loop() {
    return loop;
  }

  /** Leases that others hold on blocks of this worker. */
  public LeaseBook leases() {
    return leases;
  }

  /** Life of such a lease without renewal. */
  public Duration leaseTtl() {
    return leaseTtl;
  }

  /** A longer prompt is computed in chunks. */
  public int maxTokensPerStep() {
    return maxTokensPerStep;
  }

  /** Where peers read this worker's blocks. */
  public KvEndpoint endpoint() {
    return endpoint;
  }

  public KvPlane plane() {
    return plane;
  }

  public BlockPuller puller() {
    return prefixes.puller();
  }

  public PullEstimate estimate() {
    return prefixes.peerEstimate();
  }

  /** Where prefixes come from that the pool lacks. */
  public PrefixSources prefixes() {
    return prefixes;
  }

  public BlockTiers tiers() {
    return tiers;
  }

  @Override
  public void granted(LaneRef lane) {
    plane.enterEpoch(lane.epoch());
    residency.enterEpoch(lane);
    loop.reportResidency();
  }

  @Override
  public void fenced(LaneRef lane) {
    plane.fence();
    residency.fence();
    loop.failAll(SequenceEnd.Failure.WORKER_GONE, "the worker has lost its lane");
  }

  @Override
  public void resync(LaneRef lane) {
    loop.reportResidency();
  }

  /** Nothing runs here and nobody holds a lease. */
  public boolean idle() {
    LoopStats stats = loop.stats();
    return stats.running() == 0 && stats.waiting() == 0 && leases.size() == 0;
  }

  /**
   * @param waitingElsewhere requests accepted and not yet given to the loop
   */
  public WorkerLoad load(int waitingElsewhere) {
    LoopStats stats = loop.stats();
    return new WorkerLoad(
        stats.waiting() + waitingElsewhere,
        stats.waitingTokens(),
        stats.running(),
        stats.pool().available(),
        stats.prefillTokensPerSecond(),
        stats.decodeTokensPerSecond(),
        rates.links());
  }

  /**
   * @param waitingElsewhere requests accepted and not yet given to the loop
   */
  public WorkerStats stats(int waitingElsewhere) {
    LoopStats stats = loop.stats();
    return new WorkerStats(
        role,
        stats.pool().total(),
        stats.pool().available(),
        stats.pool().pinned(),
        leases.size(),
        stats.running(),
        stats.waiting() + waitingElsewhere,
        stats.computedTokens(),
        stats.reusedTokens(),
        stats.filledTokens(),
        stats.generatedTokens(),
        digestMismatches.get());
  }

  /** Fails what still runs, closes all connections, frees model and pool. */
  @Override
  public void close() {
    loop.close();
    tiers.close();
    plane.close();
    digesting.shutdown();
    engine.close();
  }
}
