package dev.baton.worker.loop;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenIds;
import dev.baton.engine.EngineConfig;
import dev.baton.engine.NativeEngine;
import dev.baton.worker.scheduling.Scheduler;
import dev.baton.worker.scheduling.SchedulerLimits;
import dev.baton.worker.testing.WatchedEngine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * What the loop costs around the engine's steps, and what running ahead saves of that.
 *
 * <pre>LoopBench MODEL_DIRECTORY BACKEND SEQUENCES [ROUNDS]</pre>
 *
 * Medians of rounds that take turns; a round decodes 200 tokens of each sequence behind a prompt of
 * 64.
 */
final class LoopBench {
  private static final int PROMPT = 64;
  private static final int TOKENS = 200;
  private static final int TOKENS_PER_STEP = 1024;
  private static final int BLOCKS_PER_SEQUENCE = (PROMPT + TOKENS) / 16 + 2;

  private LoopBench() {}

  /**
   * @param idleMicros a step, without any step on its way
   */
  private record Round(double tokensPerSecond, double idleMicros) {}

  public static void main(String[] args) throws Exception {
    int sequences = Integer.parseInt(args[2]);
    int rounds = args.length > 3 ? Integer.parseInt(args[3]) : 5;
    List<List<Round>> measured = List.of(new ArrayList<>(), new ArrayList<>());
    for (int round = 0; round < rounds; round++) {
      for (int stepsAhead = 1; stepsAhead <= 2; stepsAhead++) {
        measured
            .get(stepsAhead - 1)
            .add(run(Path.of(args[0]), args[1], sequences, stepsAhead, round));
      }
    }
    for (int stepsAhead = 1; stepsAhead <= 2; stepsAhead++) {
      List<Round> all = measured.get(stepsAhead - 1);
      System.out.printf(
          "%d sequences, at most %d steps on their way: %.1f tokens/s, idle %.1f us a step%n",
          sequences,
          stepsAhead,
          median(all.stream().mapToDouble(Round::tokensPerSecond).toArray()),
          median(all.stream().mapToDouble(Round::idleMicros).toArray()));
    }
  }

  private static double median(double[] values) {
    java.util.Arrays.sort(values);
    return values[values.length / 2];
  }

  private static Round run(Path model, String backend, int sequences, int stepsAhead, int seed)
      throws Exception {
    Path pool = Files.createTempDirectory("loop-bench").resolve("pool");
    int blocks = BLOCKS_PER_SEQUENCE * sequences;
    EngineConfig config =
        new EngineConfig(model, backend, 1, blocks, pool, TOKENS_PER_STEP, sequences);
    try (WatchedEngine engine = new WatchedEngine(NativeEngine.open(config), stepsAhead)) {
      SchedulerLimits limits =
          new SchedulerLimits(
              TOKENS_PER_STEP, sequences, 16, blocks, engine.model().maxPositions());
      EngineLoop loop =
          new EngineLoop(
              engine,
              new Scheduler(limits),
              new ResidencySink() {
                @Override
                public void changed(dev.baton.worker.blocks.ResidencyChanges changes) {}

                @Override
                public void snapshot(List<dev.baton.contracts.BlockHash> resident) {}
              },
              OffloadSink.NONE,
              engine.kvMemory().blocks(),
              digested -> new int[digested.length],
              Runnable::run,
              InstantSource.system());
      loop.start();
      decode(loop, engine, sequences, seed); // what is compiled late is compiled now
      long idle = engine.idleNanos();
      int steps = engine.submitted();
      long begin = System.nanoTime();
      decode(loop, engine, sequences, seed + 1000);
      double seconds = (System.nanoTime() - begin) / 1e9;
      loop.close();
      return new Round(
          sequences * TOKENS / seconds,
          (engine.idleNanos() - idle) / 1e3 / (engine.submitted() - steps));
    }
  }

  private static void decode(EngineLoop loop, WatchedEngine engine, int sequences, int seed) {
    Random random = new Random(seed);
    List<CompletableFuture<SequenceEnd>> ends = new ArrayList<>();
    Instant deadline = Clock.systemUTC().instant().plusSeconds(600);
    for (int i = 0; i < sequences; i++) {
      TokenIds prompt =
          TokenIds.of(random.ints(PROMPT, 0, engine.model().vocabularySize()).toArray());
      CompletableFuture<SequenceEnd> end = new CompletableFuture<>();
      ends.add(end);
      loop.submit(
          new SequenceSpec(
              new SequenceId(new RequestId("r" + seed + "-" + i), 1),
              prompt,
              PROMPT,
              PROMPT,
              BlockHasher.root(engine.model().fingerprint(), "bench"),
              SamplingParams.greedy(),
              new Goal.Generate(new StopConditions(TOKENS, TokenIds.EMPTY)),
              0,
              deadline,
              null),
          end::complete);
    }
    for (CompletableFuture<SequenceEnd> end : ends) {
      if (!(end.join() instanceof SequenceEnd.Finished)) {
        throw new IllegalStateException(end.join().toString());
      }
    }
  }
}
