package dev.baton.worker.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenIds;
import dev.baton.engine.Engine;
import dev.baton.engine.KvMemory;
import dev.baton.kvtransfer.BlockDigest;
import dev.baton.worker.blocks.ResidencyChanges;
import dev.baton.worker.scheduling.Scheduler;
import dev.baton.worker.scheduling.SchedulerLimits;
import dev.baton.worker.testing.TestEngine;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A loop that is stepped by hand: no thread, no time. */
final class LoopFixture {
  static final BlockHash ROOT = BlockHasher.root(TestEngine.FINGERPRINT, "tenant");

  final Engine engine;
  final EngineLoop loop;
  final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  final Set<BlockHash> reported = new HashSet<>();

  LoopFixture(Engine engine, int tokensPerStep, int maxSequences) {
    this.engine = engine;
    SchedulerLimits limits =
        new SchedulerLimits(
            tokensPerStep,
            maxSequences,
            BlockHasher.BLOCK_TOKENS,
            engine.kvMemory().blocks(),
            engine.model().maxPositions());
    ResidencySink residency =
        new ResidencySink() {
          @Override
          public void changed(ResidencyChanges changes) {
            reported.removeAll(changes.dropped());
            reported.addAll(changes.stored());
          }

          @Override
          public void snapshot(List<BlockHash> resident) {
            reported.clear();
            reported.addAll(resident);
          }
        };
    loop =
        new EngineLoop(
            engine,
            new Scheduler(limits),
            residency,
            OffloadSink.NONE,
            engine.kvMemory().blocks(),
            blocks -> IntStream.of(blocks).map(block -> BlockDigest.of(block(block))).toArray(),
            Runnable::run,
            now::get);
  }

  static SequenceId id(String name) {
    return new SequenceId(new RequestId(name), 1);
  }

  static TokenIds prompt(long seed, int length) {
    return prompt(seed, length, TestEngine.VOCABULARY);
  }

  static TokenIds prompt(long seed, int length, int vocabulary) {
    return TokenIds.of(new Random(seed).ints(length, 0, vocabulary).toArray());
  }

  /** Bytes of a block of the pool. */
  MemorySegment block(int block) {
    long bytes = engine.kvLayout().blockBytes();
    return ((KvMemory.Host) engine.kvMemory()).segment().asSlice(block * bytes, bytes);
  }

  Recorder submit(String name, TokenIds tokens, int maxTokens) {
    return submit(name, tokens, maxTokens, null, SamplingParams.greedy());
  }

  Recorder submit(
      String name, TokenIds tokens, int maxTokens, @Nullable Filler filler, SamplingParams how) {
    Goal goal = new Goal.Generate(new StopConditions(maxTokens, TokenIds.EMPTY));
    return submit(name, tokens, goal, filler, how);
  }

  Recorder submit(
      String name, TokenIds tokens, Goal goal, @Nullable Filler filler, SamplingParams how) {
    return submit(name, tokens, goal, filler, how, null);
  }

  Recorder submit(
      String name,
      TokenIds tokens,
      Goal goal,
      @Nullable Filler filler,
      SamplingParams how,
      @Nullable Constraint constraint) {
    Recorder recorder = new Recorder();
    loop.submit(
        new SequenceSpec(
            id(name),
            tokens,
            tokens.size(),
            tokens.size(),
            ROOT,
            how,
            goal,
            0,
            Instant.EPOCH.plusSeconds(60),
            filler,
            constraint),
        recorder);
    return recorder;
  }

  void runUntilIdle() {
    int idle = 0;
    for (int i = 0; i < 100_000 && idle < 3; i++) {
      idle = loop.doWork() ? 0 : idle + 1;
    }
    assertThat(idle).isEqualTo(3);
  }

  /** The pool's books add up. */
  void verify() {
    var verified = loop.verify().toCompletableFuture();
    loop.doWork();
    assertThat(verified).isCompleted();
  }

  /** The same, and nobody holds a block. */
  void assertWhole() {
    runUntilIdle();
    verify();
    assertThat(loop.stats().pool().pinned()).isZero();
  }
}
