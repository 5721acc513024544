package dev.baton.worker.pair;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.Epoch;
import dev.baton.contracts.HandOff;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.LeaseRef;
import dev.baton.contracts.PrefillTimings;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.Role;
import dev.baton.contracts.SampledToken;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenIds;
import dev.baton.contracts.WorkerId;
import dev.baton.engine.EngineConfig;
import dev.baton.engine.NativeEngine;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.worker.loop.Filler;
import dev.baton.worker.loop.Goal;
import dev.baton.worker.loop.SequenceEnd;
import dev.baton.worker.loop.SequenceId;
import dev.baton.worker.loop.SequenceListener;
import dev.baton.worker.loop.SequenceSpec;
import dev.baton.worker.residency.ResidencyPublisher;
import dev.baton.worker.runtime.FaultInjector;
import dev.baton.worker.runtime.WorkerRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A worker on a real model, driven directly: no Kafka, no registry. */
final class PairWorker implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final WorkerRuntime runtime;
  private final LaneRef lane;
  private final BlockHash root;

  private record Result(List<Integer> tokens, SequenceEnd end) {}

  PairWorker(String name, int lane, Path modelDirectory, String backend, TransferObserver observer)
      throws IOException {
    Path pool = Path.of("/dev/shm", "baton-pair-" + ProcessHandle.current().pid() + "-" + name);
    NativeEngine engine =
        NativeEngine.open(new EngineConfig(modelDirectory, backend, 2, 2048, pool, 512, 8));
    this.runtime =
        WorkerRuntime.start(
            new WorkerRuntime.Settings(
                new WorkerId(name), Role.BOTH, "127.0.0.1", 0, 512, 8, Duration.ofSeconds(30)),
            engine,
            new ResidencyPublisher(_ -> {}),
            new FaultInjector(),
            observer,
            Clock.systemUTC());
    this.lane = new LaneRef(runtime.id(), new Lane(lane), new Epoch(1));
    this.root = BlockHasher.root(engine.model().fingerprint(), "pair");
    runtime.granted(this.lane);
  }

  TokenIds endTokens() {
    return runtime.engine().model().endTokens();
  }

  /** What the loop had to compute of all prompts so far, in tokens. */
  long computedTokens() {
    return runtime.stats(0).computedTokens();
  }

  long digestMismatches() {
    return runtime.stats(0).digestMismatches();
  }

  HandOff.KvHandle prefill(String request, TokenIds prompt) throws Exception {
    Result result = run(request, prompt, prompt.size(), new Goal.HandOver(), null);
    if (!(result.end() instanceof SequenceEnd.HandedOver handedOver)) {
      throw new IllegalStateException(request + ": " + result.end());
    }
    BlockRefs blocks =
        handedOver.blocks().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    var lease =
        runtime.leases().open(new RequestId(request), handedOver.pinned(), runtime.leaseTtl());
    return new HandOff.KvHandle(
        HandOff.VERSION,
        new RequestId(request),
        1,
        lane,
        new LeaseRef(lane, runtime.endpoint(), lease.leaseId(), lease.expiresAt()),
        blocks,
        prompt.size(),
        handedOver.firstToken(),
        PrefillTimings.NONE);
  }

  /** The whole answer, from the prompt alone. */
  List<Integer> generate(String request, TokenIds prompt, int maxTokens) throws Exception {
    return run(request, prompt, prompt.size(), generating(maxTokens), null).tokens();
  }

  /** The whole answer, with the prompt's KV pulled from where the handle says. */
  List<Integer> goOn(String request, TokenIds prompt, HandOff.KvHandle handle, int maxTokens)
      throws Exception {
    List<Integer> tokens = new ArrayList<>();
    tokens.add(handle.firstToken().tokenId());
    if (!contains(endTokens(), handle.firstToken().tokenId())) {
      TokenIds known = prompt.plus(TokenIds.of(handle.firstToken().tokenId()));
      Filler pull =
          room ->
              runtime
                  .puller()
                  .pullLeased(
                      handle.lease(),
                      handle.blocks(),
                      handle.tokenCount(),
                      room,
                      Deadline.after(Duration.ofSeconds(10)))
                  .whenComplete((_, _) -> runtime.puller().release(handle.lease()))
                  .thenApply(pulled -> pulled.filled());
      tokens.addAll(run(request, known, prompt.size(), generating(maxTokens - 1), pull).tokens());
    }
    return tokens;
  }

  private Goal generating(int maxTokens) {
    return new Goal.Generate(new StopConditions(maxTokens, endTokens()));
  }

  private static boolean contains(TokenIds ids, int id) {
    for (int each : ids.toArray()) {
      if (each == id) {
        return true;
      }
    }
    return false;
  }

  private Result run(
      String request, TokenIds known, int promptLength, Goal goal, @Nullable Filler filler)
      throws Exception {
    CompletableFuture<Result> result = new CompletableFuture<>();
    List<Integer> generated = new ArrayList<>();
    runtime
        .loop()
        .submit(
            new SequenceSpec(
                new SequenceId(new RequestId(request), 1),
                known,
                promptLength,
                known.size(),
                root,
                SamplingParams.greedy(),
                goal,
                0,
                Instant.now().plus(PATIENCE),
                filler),
            new SequenceListener() {
              @Override
              public void token(int position, SampledToken token) {
                generated.add(token.tokenId());
              }

              @Override
              public void ended(SequenceEnd end) {
                result.complete(new Result(List.copyOf(generated), end));
              }
            });
    Result ended = result.get(PATIENCE.toSeconds() + 5, TimeUnit.SECONDS);
    if (ended.end() instanceof SequenceEnd.Failed failed) {
      throw new IllegalStateException(request + ": " + failed);
    }
    return ended;
  }

  @Override
  public void close() {
    runtime.close();
  }
}
