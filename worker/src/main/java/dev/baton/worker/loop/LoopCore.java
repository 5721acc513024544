package dev.baton.worker.loop;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.FinishReason;
import dev.baton.contracts.SampledToken;
import dev.baton.engine.Engine;
import dev.baton.engine.SequenceSlice;
import dev.baton.worker.blocks.BlockPool;
import dev.baton.worker.blocks.ResidencyChanges;
import dev.baton.worker.loop.Sequence.Phase;
import dev.baton.worker.loop.SequenceEnd.Failure;
import dev.baton.worker.scheduling.AdmissionCost;
import dev.baton.worker.scheduling.Scheduler;
import dev.baton.worker.scheduling.StepPlan;
import dev.baton.worker.scheduling.StepPlan.Chunk;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that the loop's thread owns: sequences, block pool, engine. Not thread-safe; {@link
 * EngineLoop} calls it.
 */
final class LoopCore {
  private static final Logger log = LoggerFactory.getLogger(LoopCore.class);
  private static final int BLOCK = BlockHasher.BLOCK_TOKENS;

  private final Engine engine;
  private final Scheduler scheduler;
  private final BlockPool pool;
  private final BlockDigests digests;
  private final ResidencySink residency;
  private final InstantSource clock;
  private final BiConsumer<Sequence, Filled> onFilled;
  private final Map<SequenceId, Sequence> sequences = new LinkedHashMap<>();
  private final LoopMeter meter = new LoopMeter();
  private boolean engineFailed;

  /** {@code onFilled} is called on any thread and must bring {@link #filled} about on this one. */
  LoopCore(
      Engine engine,
      Scheduler scheduler,
      BlockPool pool,
      BlockDigests digests,
      ResidencySink residency,
      InstantSource clock,
      BiConsumer<Sequence, Filled> onFilled) {
    this.engine = engine;
    this.scheduler = scheduler;
    this.pool = pool;
    this.digests = digests;
    this.residency = residency;
    this.clock = clock;
    this.onFilled = onFilled;
  }

  boolean engineFailed() {
    return engineFailed;
  }

  boolean idle() {
    return sequences.isEmpty();
  }

  void submit(Sequence sequence) {
    var refusal = scheduler.refusal(sequence.length);
    if (engineFailed) {
      end(sequence, new SequenceEnd.Failed(Failure.ENGINE_FAILED, "the engine has failed before"));
    } else if (refusal.isPresent()) {
      end(sequence, new SequenceEnd.Failed(Failure.TOO_LONG, refusal.get()));
    } else if (sequences.putIfAbsent(sequence.spec.id(), sequence) != null) {
      sequence.phase = Phase.ENDED;
      tell(sequence, new SequenceEnd.Failed(Failure.DUPLICATE, sequence.spec.id() + " runs here"));
    }
  }

  void end(SequenceId id, SequenceEnd how) {
    Sequence sequence = sequences.get(id);
    if (sequence != null) {
      end(sequence, how);
    }
  }

  void endAll(Predicate<Sequence> which, SequenceEnd how) {
    sequences.values().stream().filter(which).toList().forEach(sequence -> end(sequence, how));
  }

  /** Pins the longest resident prefix; {@link #unpin} gives it back. */
  CompletableFuture<BlockRefs> pin(BlockHashes hashes) {
    int[] blocks = pool.longestPrefix(hashes, hashes.size());
    for (int block : blocks) {
      pool.retain(block);
    }
    return digests.refs(blocks);
  }

  void unpin(int[] blocks) {
    pool.releaseAll(blocks);
  }

  void reportResidency() {
    flushResidency();
    residency.snapshot(pool.resident());
  }

  /** What a filler did; the sequence may have been ended meanwhile. */
  void filled(Sequence sequence, Filled filled) {
    int firstFilled = filled.blocks() - filled.digests().size();
    // The digest of a partial block would be wrong as soon as the sequence writes into it.
    for (int place = firstFilled; place < filled.tokens() / BLOCK; place++) {
      digests.put(sequence.blocks[place], filled.digests().get(place - firstFilled));
    }
    int residentTokens = sequence.computed;
    sequence.filled();
    sequence.filledTokens += Math.max(0, filled.tokens() - residentTokens);
    meter.filledTokens += Math.max(0, filled.tokens() - residentTokens);
    sequence.computed = Math.max(residentTokens, Math.min(filled.tokens(), sequence.length - 1));
    publish(sequence);
    if (sequence.abandoned || !filled.quarantined().isEmpty()) {
      releaseBut(sequence.takeBlocks(), filled);
      sequence.phase = sequence.abandoned ? Phase.ENDED : Phase.WAITING;
    } else {
      sequence.phase = Phase.RUNNING;
    }
  }

  /** One step of all three parts; false if there was nothing to compute or admit. */
  boolean step() {
    expire();
    List<Sequence> running = inPhase(phase -> phase == Phase.RUNNING || phase == Phase.FILLING);
    List<Sequence> waiting = inPhase(phase -> phase == Phase.WAITING);
    if (running.isEmpty() && waiting.isEmpty()) {
      return false;
    }
    StepPlan<Sequence> plan = scheduler.plan(running, waiting, pool.available(), this::cost);
    plan.preempted().forEach(this::preempt);
    List<Chunk<Sequence>> batch = new ArrayList<>();
    for (Chunk<Sequence> chunk : plan.chunks()) {
      if (grow(chunk)) {
        batch.add(chunk);
      }
    }
    plan.admitted().forEach(chunk -> admit(chunk, batch));
    if (!batch.isEmpty()) {
      run(batch);
    }
    return !batch.isEmpty() || !plan.preempted().isEmpty() || !plan.admitted().isEmpty();
  }

  void flushResidency() {
    ResidencyChanges changes = pool.drainChanges();
    if (!changes.isEmpty()) {
      residency.changed(changes);
    }
  }

  LoopStats stats() {
    int waiting = 0;
    long waitingTokens = 0;
    for (Sequence sequence : sequences.values()) {
      int remaining = sequence.length - sequence.computed;
      waiting += sequence.phase == Phase.WAITING ? 1 : 0;
      waitingTokens += remaining > 1 ? remaining : 0;
    }
    return meter.stats(pool.state(), sequences.size() - waiting, waiting, waitingTokens);
  }

  /** When the next deadline of a sequence passes. */
  @Nullable Instant nextDeadline() {
    return sequences.values().stream()
        .map(sequence -> sequence.spec.deadline())
        .min(Instant::compareTo)
        .orElse(null);
  }

  void verify() {
    pool.verify();
  }

  private void expire() {
    Instant now = clock.instant();
    endAll(
        sequence -> !now.isBefore(sequence.spec.deadline()),
        new SequenceEnd.Failed(Failure.DEADLINE_EXCEEDED, "the request's deadline has passed"));
  }

  private List<Sequence> inPhase(Predicate<Phase> phase) {
    return sequences.values().stream().filter(s -> phase.test(s.phase)).toList();
  }

  private AdmissionCost cost(Sequence sequence) {
    int[] resident = reusable(sequence);
    int shared = (int) Arrays.stream(resident).filter(b -> pool.references(b) > 0).count();
    boolean fills = sequence.spec.filler() != null && !sequence.fillTried;
    return new AdmissionCost(
        Math.ceilDiv(sequence.length, BLOCK) - shared,
        fills ? 0 : sequence.length - resident.length * BLOCK);
  }

  /** At least the last token is left to compute: its logits are needed. */
  private int[] reusable(Sequence sequence) {
    return pool.longestPrefix(sequence.hashes(), (sequence.length - 1) / BLOCK);
  }

  private void admit(Chunk<Sequence> chunk, List<Chunk<Sequence>> batch) {
    Sequence sequence = chunk.sequence();
    // An admission before this one may have evicted what was counted on.
    if (cost(sequence).blocks() > pool.available()) {
      return;
    }
    int[] resident = reusable(sequence);
    for (int block : resident) {
      pool.retain(block);
    }
    sequence.blocks = Arrays.copyOf(resident, Math.ceilDiv(sequence.length, BLOCK));
    for (int i = resident.length; i < sequence.blocks.length; i++) {
      sequence.blocks[i] = allocate();
    }
    sequence.computed = resident.length * BLOCK;
    sequence.published = resident.length;
    sequence.reusedTokens += sequence.preemptions == 0 ? sequence.computed : 0;
    meter.reusedTokens += sequence.computed;
    sequence.admitted();
    Filler filler = sequence.spec.filler();
    if (filler != null && !sequence.fillTried) {
      sequence.fillTried = true;
      sequence.phase = Phase.FILLING;
      fill(sequence, filler, resident.length);
    } else {
      sequence.phase = Phase.RUNNING;
      int left = sequence.length - sequence.computed;
      batch.add(new Chunk<>(sequence, Math.min(chunk.tokens(), left)));
    }
  }

  private void fill(Sequence sequence, Filler filler, int resident) {
    Filled nothing = Filled.nothing(resident, BLOCK);
    try {
      filler
          .fill(new Filler.Room(sequence.hashes(), sequence.blocks.clone(), resident))
          .whenComplete((filled, failure) -> {
            if (failure != null) {
              log.warn("Filling blocks of {} failed", sequence.spec.id(), failure);
            }
            onFilled.accept(sequence, failure == null ? filled : nothing);
          });
    } catch (RuntimeException e) {
      log.warn("Filling blocks of {} failed", sequence.spec.id(), e);
      onFilled.accept(sequence, nothing);
    }
  }

  /** Gets the blocks that a chunk needs; the plan has counted them. */
  private boolean grow(Chunk<Sequence> chunk) {
    Sequence sequence = chunk.sequence();
    int needed = Math.ceilDiv(sequence.computed + chunk.tokens(), BLOCK);
    while (sequence.blocks.length < needed) {
      if (pool.available() == 0) {
        return false;
      }
      sequence.addBlock(allocate());
    }
    return true;
  }

  private int allocate() {
    int block = pool.allocate().orElseThrow(() -> new IllegalStateException("the pool is empty"));
    digests.forget(block);
    return block;
  }

  private void preempt(Sequence sequence) {
    pool.releaseAll(sequence.takeBlocks());
    sequence.phase = Phase.WAITING;
    sequence.preemptions++;
    meter.preemptions++;
  }

  private void run(List<Chunk<Sequence>> batch) {
    List<SequenceSlice> slices = batch.stream().map(LoopCore::slice).toList();
    List<SampledToken> sampled;
    long begin = System.nanoTime();
    try {
      sampled = engine.step(slices);
    } catch (RuntimeException | Error e) {
      fail(batch, e);
      return;
    }
    long nanos = System.nanoTime() - begin;
    int next = 0;
    int input = 0;
    for (int i = 0; i < batch.size(); i++) {
      Sequence sequence = batch.get(i).sequence();
      int before = sequence.computed;
      sequence.computed += batch.get(i).tokens();
      int inputTokens =
          Math.max(0, Math.min(sequence.computed, sequence.spec.inputLength()) - before);
      input += inputTokens;
      sequence.computedTokens += inputTokens;
      publish(sequence);
      if (slices.get(i).sample() != null) {
        sampled(sequence, sampled.get(next++));
      }
    }
    meter.computedTokens += input;
    meter.generatedTokens += next;
    meter.step(input, next, nanos);
  }

  private static SequenceSlice slice(Chunk<Sequence> chunk) {
    Sequence sequence = chunk.sequence();
    int end = sequence.computed + chunk.tokens();
    return new SequenceSlice(
        sequence.tokens,
        sequence.computed,
        chunk.tokens(),
        Arrays.copyOf(sequence.blocks, Math.ceilDiv(end, BLOCK)),
        end == sequence.length ? sequence.sampling : null);
  }

  private void fail(List<Chunk<Sequence>> batch, Throwable cause) {
    log.error(
        "The engine failed on a batch of {} sequences; this worker is out", batch.size(), cause);
    engineFailed = true;
    SequenceEnd failed = new SequenceEnd.Failed(Failure.ENGINE_FAILED, "engine: " + cause);
    batch.forEach(chunk -> end(chunk.sequence(), failed));
    endAll(_ -> true, failed);
  }

  /** Names the blocks that are complete now. */
  private void publish(Sequence sequence) {
    int first = sequence.published;
    for (; sequence.published < sequence.computed / BLOCK; sequence.published++) {
      int block = sequence.blocks[sequence.published];
      pool.publish(block, sequence.hash(sequence.published));
    }
    if (sequence.spec.goal() instanceof Goal.HandOver) {
      // While later chunks compute; the sequence keeps the blocks pinned or the digests are unused.
      digests.prepare(Arrays.copyOfRange(sequence.blocks, first, sequence.published));
    }
  }

  private void sampled(Sequence sequence, SampledToken token) {
    sequence.sampled();
    switch (sequence.spec.goal()) {
      case Goal.HandOver() -> handOver(sequence, token);
      case Goal.Generate(var stop) -> {
        int output = sequence.length + 1 - sequence.spec.promptLength();
        if (contains(stop.stopTokens().toArray(), token.tokenId())) {
          finish(sequence, FinishReason.STOP, output - 1);
          return;
        }
        int position = sequence.length;
        sequence.append(token.tokenId());
        tell(sequence, position, token);
        if (output >= stop.maxTokens() || sequence.length >= scheduler.limits().longestSequence()) {
          finish(sequence, FinishReason.LENGTH, output);
        }
      }
    }
  }

  private static boolean contains(int[] ids, int id) {
    return Arrays.stream(ids).anyMatch(stop -> stop == id);
  }

  private void finish(Sequence sequence, FinishReason reason, int outputTokens) {
    end(sequence, new SequenceEnd.Finished(reason, outputTokens, sequence.times()));
  }

  private void handOver(Sequence sequence, SampledToken token) {
    int[] pinned = sequence.takeBlocks();
    CompletableFuture<BlockRefs> refs = digests.refs(pinned);
    end(sequence, new SequenceEnd.HandedOver(pinned, refs, token, sequence.times()));
  }

  private void end(Sequence sequence, SequenceEnd how) {
    sequences.remove(sequence.spec.id(), sequence);
    if (sequence.phase == Phase.FILLING) {
      // The blocks belong to the filler until it is through.
      sequence.abandoned = true;
    } else {
      pool.releaseAll(sequence.takeBlocks());
      sequence.phase = Phase.ENDED;
    }
    tell(sequence, how);
  }

  private void releaseBut(int[] blocks, Filled filled) {
    List<Integer> held = filled.quarantined();
    int[] safe = Arrays.stream(blocks).filter(block -> !held.contains(block)).toArray();
    pool.releaseAll(safe);
  }

  private static void tell(Sequence sequence, SequenceEnd how) {
    try {
      sequence.listener.ended(how);
    } catch (RuntimeException e) {
      log.error("A listener of {} failed", sequence.spec.id(), e);
    }
  }

  private static void tell(Sequence sequence, int position, SampledToken token) {
    try {
      sequence.listener.token(position, token);
    } catch (RuntimeException e) {
      log.error("A listener of {} failed", sequence.spec.id(), e);
    }
  }
}
