package dev.baton.worker.testing;

import dev.baton.contracts.KvDtype;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.SampledToken;
import dev.baton.contracts.TokenIds;
import dev.baton.engine.Engine;
import dev.baton.engine.EngineException;
import dev.baton.engine.KvMemory;
import dev.baton.engine.ModelDescription;
import dev.baton.engine.SequenceSlice;
import dev.baton.kvtransfer.HostKvPool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A small deterministic engine. The KV of a token is a function of the token and of its
 * predecessor's KV, and a sampled token is a function of every KV byte of the sequence, both read
 * back from the pool: a wrong, missing or foreign block shows in the tokens.
 */
public final class TestEngine implements Engine {
  public static final KvLayout LAYOUT = new KvLayout(1, 1, 16, 8, KvDtype.F32);
  public static final ModelFingerprint FINGERPRINT =
      new ModelFingerprint("00112233445566778899aabbccddeeff");
  public static final int VOCABULARY = 1000;
  public static final int END_TOKEN = 2;
  private static final int MAX_POSITIONS = 1 << 20;

  private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final int WORDS = 4;
  private static final long HALF = LAYOUT.blockBytes() / 2;

  private final Arena arena = Arena.ofShared();
  private final HostKvPool pool;
  private final int stepsAhead;
  private final Queue<List<SequenceSlice>> submitted = new ArrayDeque<>();
  private final AtomicInteger failures = new AtomicInteger();
  private final boolean onDevice;
  private int lastSubmitted;
  private List<SampledToken> lastSampled = List.of();

  /** Blocks that its device pulled from others. */
  public final AtomicInteger pulled = new AtomicInteger();

  /** Token count of every step so far. */
  public final List<Integer> stepTokens = java.util.Collections.synchronizedList(new ArrayList<>());

  private TestEngine(Path file, int blocks, int stepsAhead, boolean onDevice) {
    try {
      pool = HostKvPool.create(file, LAYOUT.blockBytes(), blocks, arena);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.stepsAhead = stepsAhead;
    this.onDevice = onDevice;
  }

  public static TestEngine create(Path file, int blocks) {
    return create(file, blocks, 2);
  }

  public static TestEngine create(Path file, int blocks, int stepsAhead) {
    return new TestEngine(file, blocks, stepsAhead, false);
  }

  /** Its pool counts as the memory of a device. */
  public static TestEngine onDevice(Path file, int blocks) {
    return new TestEngine(file, blocks, 2, true);
  }

  /** The next step throws. */
  public void failNextStep() {
    failures.incrementAndGet();
  }

  @Override
  public ModelDescription model() {
    return new ModelDescription(
        "TestForCausalLM", VOCABULARY, 1, MAX_POSITIONS, TokenIds.of(END_TOKEN), FINGERPRINT);
  }

  @Override
  public KvLayout kvLayout() {
    return LAYOUT;
  }

  @Override
  public KvMemory kvMemory() {
    return onDevice
        ? new TestDevice(pool, pulled)
        : new KvMemory.Host(pool.file(), pool.memory(), pool.blockCount());
  }

  @Override
  public int stepsAhead() {
    return stepsAhead;
  }

  @Override
  public List<SampledToken> step(List<SequenceSlice> batch) {
    check(submitted.isEmpty(), "a step is on its way");
    submit(batch);
    return await();
  }

  @Override
  public void submit(List<SequenceSlice> batch) {
    check(submitted.size() < 2, "two steps are on their way");
    List<SequenceSlice> slices = batch.stream().map(this::checked).toList();
    lastSubmitted = (int) slices.stream().filter(slice -> slice.sample() != null).count();
    submitted.add(slices);
  }

  /** Computes the step as late as can be. */
  @Override
  public List<SampledToken> await() {
    check(!submitted.isEmpty(), "no step is on its way");
    List<SampledToken> sampled = compute(submitted.remove().stream().map(this::resolved).toList());
    lastSampled = sampled;
    return sampled;
  }

  /** A copy, as the caller may go on to write into its arrays. */
  private SequenceSlice checked(SequenceSlice slice) {
    int end = slice.start() + slice.count();
    int[] tokens = Arrays.copyOf(slice.tokens(), end);
    for (int i = 0; i < end; i++) {
      boolean pending = i == end - 1 && tokens[i] < 0 && tokens[i] >= -lastSubmitted;
      check(pending || (tokens[i] >= 0 && tokens[i] < VOCABULARY), "token " + tokens[i]);
    }
    return new SequenceSlice(
        tokens, slice.start(), slice.count(), slice.blocks().clone(), slice.sample());
  }

  private SequenceSlice resolved(SequenceSlice slice) {
    int last = slice.start() + slice.count() - 1;
    int token = slice.tokens()[last];
    if (token < 0) {
      slice.tokens()[last] = lastSampled.get(-1 - token).tokenId();
    }
    return slice;
  }

  private static void check(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  private List<SampledToken> compute(List<SequenceSlice> batch) {
    if (failures.get() > 0) {
      failures.decrementAndGet();
      throw new EngineException("told to fail");
    }
    int tokens = 0;
    List<SampledToken> sampled = new ArrayList<>();
    for (SequenceSlice slice : batch) {
      for (int i = 0; i < slice.count(); i++) {
        write(slice, slice.start() + i);
      }
      tokens += slice.count();
      if (slice.sample() != null) {
        int end = slice.start() + slice.count();
        sampled.add(sample(slice, end));
      }
    }
    stepTokens.add(tokens);
    return sampled;
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
      try {
        Files.deleteIfExists(pool.file());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void write(SequenceSlice slice, int position) {
    long state = position == 0 ? 7 : word(slice, position - 1, 2 * WORDS - 1);
    state = mix(state ^ slice.tokens()[position] * 0x9E3779B97F4A7C15L + position);
    for (int i = 0; i < 2 * WORDS; i++) {
      state = mix(state + i);
      block(slice, position).set(WORD, offset(position, i), state);
    }
  }

  private SampledToken sample(SequenceSlice slice, int end) {
    long state = 11;
    for (int position = 0; position < end; position++) {
      for (int i = 0; i < 2 * WORDS; i++) {
        state = mix(state ^ word(slice, position, i));
      }
    }
    var params = slice.sample().params();
    if (params.temperature() > 0) {
      state = mix(state ^ mix(params.seed() + end));
    }
    int token = (int) Long.remainderUnsigned(state, VOCABULARY);
    int[] mask = slice.sample().mask();
    while (mask != null && (mask[token / 32] >> token % 32 & 1) == 0) {
      token = (token + 1) % VOCABULARY;
    }
    return new SampledToken(token, -1f, List.of());
  }

  private long word(SequenceSlice slice, int position, int index) {
    return block(slice, position).get(WORD, offset(position, index));
  }

  private MemorySegment block(SequenceSlice slice, int position) {
    return pool.block(slice.blocks()[position / LAYOUT.blockTokens()]);
  }

  /** Words 0 to 3 are K, 4 to 7 are V. */
  private static long offset(int position, int index) {
    int token = position % LAYOUT.blockTokens();
    return (index < WORDS ? 0 : HALF) + (long) token * WORDS * 8 + (index % WORDS) * 8L;
  }

  /** SplitMix64's finalizer. */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
