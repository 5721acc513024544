package dev.baton.worker.runtime;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.Role;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenIds;
import dev.baton.contracts.WorkerId;
import dev.baton.engine.EngineConfig;
import dev.baton.engine.NativeEngine;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.worker.exchange.TransferRates;
import dev.baton.worker.loop.Goal;
import dev.baton.worker.loop.SequenceEnd;
import dev.baton.worker.loop.SequenceId;
import dev.baton.worker.loop.SequenceSpec;
import dev.baton.worker.loop.SequenceTimes;
import dev.baton.worker.residency.ResidencyPublisher;
import dev.baton.worker.tiers.CacheSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What a prefix of 6,000 tokens costs computed, and read back from disk by a worker that was
 * restarted. Arguments: model directory, directory of the tier, compute threads, rounds. Run again
 * with the same directory, all rounds read back.
 */
final class TierBench {
  private static final int TOKENS = 6000;
  private static final int BLOCKS = 1024;

  private TierBench() {}

  public static void main(String[] arguments) throws Exception {
    Path model = Path.of(arguments[0]);
    Path tier = Path.of(arguments[1]);
    int threads = Integer.parseInt(arguments[2]);
    for (int round = 1; round <= Integer.parseInt(arguments[3]); round++) {
      TokenIds prompt = TokenIds.of(new Random(round).ints(TOKENS, 10, 4000).toArray());
      try (WorkerRuntime worker = start(model, tier, threads)) {
        SequenceTimes first = run(worker, prompt);
        report(round + " first", worker, first);
        if (first.filledTokens() > 0) {
          continue;
        }
        long before = System.nanoTime();
        long goal = Math.ceilDiv(TOKENS, BlockHasher.BLOCK_TOKENS) - 1;
        while (worker.tiers().stats().getFirst().stored() < goal) {
          LockSupport.parkNanos(1_000_000);
        }
        System.out.printf(
            "%d copied   in %d ms more%n", round, (System.nanoTime() - before) / 1_000_000);
      }
      try (WorkerRuntime worker = start(model, tier, threads)) {
        report(round + " restarted", worker, run(worker, prompt));
      }
    }
  }

  private static WorkerRuntime start(Path model, Path tier, int threads) throws IOException {
    Path pool = Path.of("/dev/shm", "baton-tier-bench-" + ProcessHandle.current().pid());
    return WorkerRuntime.start(
        new WorkerRuntime.Settings(
            new WorkerId("bench"), Role.BOTH, "127.0.0.1", 0, 512, 8, Duration.ofSeconds(30)),
        new CacheSettings(1, 0, tier, 1L << 30, Duration.ofSeconds(10)),
        NativeEngine.open(new EngineConfig(model, "cpu", threads, BLOCKS, pool, 512, 8)),
        new ResidencyPublisher(_ -> {}),
        new FaultInjector(),
        new TransferRates(),
        TransferObserver.NONE,
        Clock.systemUTC());
  }

  private static SequenceTimes run(WorkerRuntime worker, TokenIds prompt) throws Exception {
    RequestId request = new RequestId("bench");
    BlockHash root = BlockHasher.root(worker.engine().model().fingerprint(), "bench");
    CompletableFuture<SequenceEnd> end = new CompletableFuture<>();
    worker
        .loop()
        .submit(
            new SequenceSpec(
                new SequenceId(request, 1),
                prompt,
                prompt.size(),
                prompt.size(),
                root,
                SamplingParams.greedy(),
                new Goal.Generate(new StopConditions(1, TokenIds.EMPTY)),
                0,
                Instant.now().plusSeconds(300),
                worker.prefixes().filler(request, prompt.size(), List.of()).orElse(null)),
            end::complete);
    return ((SequenceEnd.Finished) end.get(300, TimeUnit.SECONDS)).times();
  }

  private static void report(String what, WorkerRuntime worker, SequenceTimes times) {
    double mib = times.filledTokens() / 16 * worker.tiers().blockBytes() / (double) (1 << 20);
    System.out.printf(
        "%s: filling %.1f ms (%d tokens, %.0f MiB/s), computing %.1f ms (%d tokens)%n",
        what,
        times.filling().toNanos() / 1e6,
        times.filledTokens(),
        mib / Math.max(1e-9, times.filling().toNanos() / 1e9),
        times.computing().toNanos() / 1e6,
        times.computedTokens());
  }
}
