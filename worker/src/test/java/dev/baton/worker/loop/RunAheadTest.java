package dev.baton.worker.loop;

import static dev.baton.worker.loop.LoopFixture.prompt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenIds;
import dev.baton.engine.Engine;
import dev.baton.engine.EngineConfig;
import dev.baton.engine.NativeEngine;
import dev.baton.worker.testing.TestEngine;
import dev.baton.worker.testing.WatchedEngine;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A loop that submits a step before it has read the last one answers as one that does not. */
class RunAheadTest {
  private static final Path MODEL = Path.of("../engine/golden/gqa-tied");
  private static final int SEQUENCES = 60;
  private static final int TOKENS_PER_STEP = 40;
  private static final int MAX_SEQUENCES = 6;

  @TempDir Path folder;

  /** A sequence, when it comes and when it is cancelled, in calls of {@code doWork}. */
  private record Job(
      String name,
      TokenIds tokens,
      Goal goal,
      SamplingParams how,
      boolean filled,
      boolean constrained,
      int arrival,
      int cancelled) {}

  /** What became of a job; blocks are the contents of the full ones of a hand-over. */
  private record Outcome(List<Integer> tokens, String end, List<Integer> blocks) {}

  private static List<Job> jobs(Random random, int vocabulary, int longest, boolean fills) {
    List<Job> jobs = new ArrayList<>();
    int arrival = 0;
    for (int i = 0; i < SEQUENCES; i++) {
      arrival += random.nextInt(6);
      int shared = random.nextInt(5);
      TokenIds tokens =
          prompt(shared, 16 * random.nextInt(longest / 16), vocabulary)
              .plus(prompt(100 + i, 1 + random.nextInt(20), vocabulary));
      TokenIds stops =
          random.nextBoolean() ? TokenIds.EMPTY : prompt(i, vocabulary / 30, vocabulary);
      Goal goal =
          random.nextInt(5) == 0
              ? new Goal.HandOver()
              : new Goal.Generate(new StopConditions(1 + random.nextInt(40), stops));
      int cancelled = random.nextInt(4) == 0 ? arrival + random.nextInt(20) : Integer.MAX_VALUE;
      jobs.add(
          new Job(
              "job" + i,
              tokens,
              goal,
              sampling(random),
              fills && random.nextInt(3) == 0,
              random.nextInt(3) == 0,
              arrival,
              cancelled));
    }
    return jobs;
  }

  private static SamplingParams sampling(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> SamplingParams.greedy();
      case 1 -> new SamplingParams(0.9f, 0, 0.95f, 0, 1, 0, 0, random.nextLong(), 0);
      default -> new SamplingParams(0.8f, 50, 1, 0, 1.2f, 0.3f, 0.4f, random.nextLong(), 0);
    };
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void answersAndBlocksAreThoseOfPlainStepping(long seed) {
    List<Job> jobs = jobs(new Random(seed), TestEngine.VOCABULARY, 160, true);
    for (int blocks : new int[] {400, 24}) {
      Map<String, Outcome> plain;
      Map<String, Outcome> ahead;
      try (TestEngine engine = TestEngine.create(folder.resolve("plain"), blocks, 1)) {
        plain = run(engine, uncancelled(jobs));
      }
      try (TestEngine engine = TestEngine.create(folder.resolve("ahead"), blocks, 2)) {
        ahead = run(engine, jobs);
      }
      compare(jobs, plain, ahead);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void answersOfARealModelAreThoseOfPlainStepping(long seed) {
    List<Job> jobs = jobs(new Random(seed), 512, 96, false);
    for (int blocks : new int[] {200, 20}) {
      Map<String, Outcome> plain;
      Map<String, Outcome> ahead;
      try (Engine engine = NativeEngine.open(config(blocks))) {
        plain = run(engine, uncancelled(jobs));
      }
      try (Engine engine = new WatchedEngine(NativeEngine.open(config(blocks)), 2)) {
        ahead = run(engine, jobs);
      }
      compare(jobs, plain, ahead);
    }
  }

  @Test
  void theNextStepIsSubmittedBeforeTheLastOneIsRead() {
    try (WatchedEngine engine =
        new WatchedEngine(TestEngine.create(folder.resolve("pool"), 50), 2)) {
      LoopFixture f = new LoopFixture(engine, 64, 4);
      Recorder recorder = f.submit("a", prompt(1, 20), 10);
      f.loop.doWork();
      assertThat(engine.onTheirWay()).isEqualTo(1);
      f.runUntilIdle();
      assertThat(recorder.tokens).hasSize(10);
      // One step of the prompt and nine of a token: none for a token beyond the last.
      assertThat(engine.submitted()).isEqualTo(10);
      assertThat(engine.submittedAhead()).isEqualTo(9);
      f.assertWhole();
    }
  }

  @Test
  void whatIsComputedOnceTooOftenKeepsItsBlocksUntilThen() {
    try (WatchedEngine engine =
        new WatchedEngine(TestEngine.create(folder.resolve("pool"), 50), 2)) {
      LoopFixture f = new LoopFixture(engine, 64, 4);
      Recorder recorder = f.submit("a", prompt(1, 20), 10);
      while (recorder.tokens.size() < 3) {
        f.loop.doWork();
      }
      assertThat(engine.onTheirWay()).isEqualTo(1);
      f.loop.cancel(LoopFixture.id("a"));
      f.loop.submit(
          new SequenceSpec(
              LoopFixture.id("b"),
              prompt(2, 20),
              20,
              20,
              LoopFixture.ROOT,
              SamplingParams.greedy(),
              new Goal.Generate(new StopConditions(1, TokenIds.EMPTY)),
              0,
              f.now.get().plusSeconds(60),
              room -> {
                assertThat(recorder.end).isInstanceOf(SequenceEnd.Cancelled.class);
                assertThat(engine.blocksOnTheirWay()).isNotEmpty();
                for (int block : room.blocks()) {
                  assertThat(engine.blocksOnTheirWay()).doesNotContain(block);
                }
                return CompletableFuture.completedStage(Filled.nothing(0, 16));
              }),
          new Recorder());
      f.runUntilIdle();
      assertThat(recorder.tokens).hasSize(3);
      f.assertWhole();
    }
  }

  @Test
  void whoseNextTokenDependsOnTheLastIsNotRunAheadAndOthersAre() {
    try (WatchedEngine engine =
        new WatchedEngine(TestEngine.create(folder.resolve("pool"), 50), 2)) {
      LoopFixture f = new LoopFixture(engine, 64, 4);
      Goal goal = new Goal.Generate(new StopConditions(10, TokenIds.EMPTY));
      Constraint constraint = new Alternating(TestEngine.VOCABULARY, 0);
      Recorder constrained =
          f.submit("a", prompt(1, 20), goal, null, SamplingParams.greedy(), constraint);
      f.runUntilIdle();
      assertThat(engine.submittedAhead()).isZero();
      assertThat(constrained.tokens).hasSize(10);
      for (int i = 0; i < 10; i++) {
        assertThat(constrained.tokens.get(i) % 5).isEqualTo(i % 5);
      }

      Constraint again = new Alternating(TestEngine.VOCABULARY, 0);
      Recorder beside = f.submit("b", prompt(1, 20), goal, null, SamplingParams.greedy(), again);
      Recorder free = f.submit("c", prompt(2, 20), 10);
      f.runUntilIdle();
      assertThat(engine.submittedAhead()).isGreaterThanOrEqualTo(9);
      assertThat(beside.tokens).isEqualTo(constrained.tokens);
      assertThat(free.tokens).hasSize(10);
      f.assertWhole();
    }
  }

  private EngineConfig config(int blocks) {
    Path pool = folder.resolve("pool" + System.nanoTime());
    return new EngineConfig(MODEL, "cpu", 1, blocks, pool, TOKENS_PER_STEP, MAX_SEQUENCES);
  }

  private static List<Job> uncancelled(List<Job> jobs) {
    return jobs.stream()
        .map(job ->
            new Job(
                job.name,
                job.tokens,
                job.goal,
                job.how,
                false,
                job.constrained,
                job.arrival,
                Integer.MAX_VALUE))
        .toList();
  }

  private static void compare(
      List<Job> jobs, Map<String, Outcome> plain, Map<String, Outcome> ahead) {
    for (Job job : jobs) {
      Outcome expected = plain.get(job.name);
      Outcome actual = ahead.get(job.name);
      if (actual.end.equals("cancelled")) {
        assertThat(job.cancelled).isLessThan(Integer.MAX_VALUE);
        int heard = actual.tokens.size();
        assertThat(actual.tokens).as(job.name).isEqualTo(expected.tokens.subList(0, heard));
      } else {
        assertThat(actual).as(job.name).isEqualTo(expected);
      }
    }
  }

  private Map<String, Outcome> run(Engine engine, List<Job> jobs) {
    LoopFixture f = new LoopFixture(engine, TOKENS_PER_STEP, MAX_SEQUENCES);
    Map<String, Recorder> recorders = new HashMap<>();
    Map<String, Outcome> outcomes = new HashMap<>();
    Source source = new Source();
    int last = jobs.stream().mapToInt(Job::arrival).max().orElseThrow();
    for (int tick = 0; recorders.size() < jobs.size() || tick < last + 40; tick++) {
      for (Job job : jobs) {
        if (job.arrival == tick) {
          Constraint constraint =
              job.constrained ? new Alternating(engine.model().vocabularySize(), 0) : null;
          Filler filler = job.filled ? room -> source.fill(f, job, room) : null;
          recorders.put(
              job.name, f.submit(job.name, job.tokens, job.goal, filler, job.how, constraint));
        }
        if (job.cancelled == tick) {
          f.loop.cancel(LoopFixture.id(job.name));
        }
      }
      f.loop.doWork();
      source.tick();
      collect(f, recorders, outcomes);
      f.verify();
    }
    while (outcomes.size() < jobs.size()) {
      assertThat(f.loop.doWork() | source.tick()).isTrue();
      collect(f, recorders, outcomes);
    }
    f.assertWhole();
    source.close();
    return outcomes;
  }

  private static void collect(
      LoopFixture f, Map<String, Recorder> recorders, Map<String, Outcome> outcomes) {
    recorders.forEach((name, recorder) -> {
      SequenceEnd end = recorder.end;
      if (end == null || outcomes.containsKey(name)) {
        return;
      }
      outcomes.put(
          name,
          switch (end) {
            case SequenceEnd.Finished finished ->
                new Outcome(
                    recorder.tokens, finished.reason() + " " + finished.outputTokens(), List.of());
            case SequenceEnd.HandedOver handedOver -> handedOver(f, handedOver);
            case SequenceEnd.Cancelled() -> new Outcome(recorder.tokens, "cancelled", List.of());
            case SequenceEnd.Fetched fetched -> throw new AssertionError(name + ": " + fetched);
            case SequenceEnd.Failed failed -> throw new AssertionError(name + ": " + failed);
          });
    });
  }

  private static Outcome handedOver(LoopFixture f, SequenceEnd.HandedOver end) {
    var refs = end.blocks().toCompletableFuture().join();
    List<Integer> digests = new ArrayList<>();
    for (int i = 0; i < refs.size() - 1; i++) {
      digests.add(refs.digest(i));
    }
    f.loop.unpin(end.pinned());
    return new Outcome(List.of(end.firstToken().tokenId()), "handed over", digests);
  }

  /** Tokens that leave the remainder of their place when divided by 5. */
  private static final class Alternating implements Constraint {
    private final int vocabulary;
    private int place;

    Alternating(int vocabulary, int place) {
      this.vocabulary = vocabulary;
      this.place = place;
    }

    @Override
    public int[] allowed() {
      int[] mask = new int[Math.ceilDiv(vocabulary, 32)];
      for (int token = place % 5; token < vocabulary; token += 5) {
        mask[token / 32] |= 1 << token % 32;
      }
      return mask;
    }

    @Override
    public void accept(int token) {
      assertThat(token % 5).isEqualTo(place % 5);
      place++;
    }
  }

  /** Fills blocks as a transfer does: writes at once, and is through some calls later. */
  private final class Source implements AutoCloseable {
    private final TestEngine engine = TestEngine.create(folder.resolve("source"), 400, 1);
    private final LoopFixture loop = new LoopFixture(engine, 512, 8);
    private final Queue<Runnable> later = new ArrayDeque<>();
    private int jobs;

    CompletableFuture<Filled> fill(LoopFixture sink, Job job, Filler.Room room) {
      loop.submit("source" + jobs++, job.tokens, 1);
      loop.runUntilIdle();
      var pinned = loop.loop.pin(BlockHasher.chain(LoopFixture.ROOT, job.tokens));
      loop.loop.doWork();
      var refs = pinned.toCompletableFuture().join();
      int good = Math.max(room.resident(), refs.size() - jobs % 3);
      for (int block = room.resident(); block < room.blocks().length; block++) {
        sink.block(room.blocks()[block]).fill((byte) 0x5A);
      }
      int[] digests = new int[good - room.resident()];
      for (int i = room.resident(); i < good; i++) {
        sink.block(room.blocks()[i]).copyFrom(loop.block(refs.id(i)));
        digests[i - room.resident()] = refs.digest(i);
      }
      loop.loop.unpin(java.util.stream.IntStream.range(0, refs.size()).map(refs::id).toArray());
      CompletableFuture<Filled> filled = new CompletableFuture<>();
      later.add(() -> filled.complete(Filled.upTo(good, good * 16, digests)));
      return filled;
    }

    boolean tick() {
      @Nullable Runnable next = jobs % 2 == 0 ? null : later.poll();
      jobs++;
      if (next != null) {
        next.run();
      }
      return !later.isEmpty() || next != null;
    }

    @Override
    public void close() {
      engine.close();
    }
  }
}
