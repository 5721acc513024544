package dev.baton.engine;

import dev.baton.contracts.KvLayout;
import dev.baton.contracts.SampledToken;
import dev.baton.contracts.TokenIds;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A model run by a native backend. Log probabilities are those of the raw logits, before penalties
 * and temperature.
 */
public final class NativeEngine implements Engine {
  /** Tokens of a KV block. */
  public static final int BLOCK_TOKENS = 16;

  private static final long STACK_BYTES = 4 << 20;

  private final ModelDescription model;
  private final KvLayout layout;
  private final KvMemory memory;
  private final NativeHandle handle;
  private final StepBuffer buffer;
  private final ByteBuffer error = NativeStatus.errorBuffer();

  /** How many samples each step on its way has, the oldest first. */
  private final Queue<Integer> samplesAhead = new ArrayDeque<>();

  private NativeEngine(
      ModelDescription model,
      KvLayout layout,
      KvMemory memory,
      NativeHandle handle,
      int maxSequences) {
    this.model = model;
    this.layout = layout;
    this.memory = memory;
    this.handle = handle;
    this.buffer = new StepBuffer(maxSequences, model.vocabularySize());
  }

  /**
   * Loads a model.
   *
   * @throws ModelLoadException if the model directory is not usable
   * @throws EngineUnavailableException if the backend cannot be loaded or does not run here
   * @throws IllegalArgumentException if a limit in {@code config} is out of range
   */
  public static NativeEngine open(EngineConfig config) {
    return open(config, "");
  }

  /** As {@link #open(EngineConfig)} with a certain instruction set; empty for the best one. */
  static NativeEngine open(EngineConfig config, String instructionSet) {
    return onRoomyStack(() -> openHere(config, instructionSet));
  }

  /** Native libraries generate code with deep stacks; the caller's may be small (-Xss). */
  private static NativeEngine onRoomyStack(Callable<NativeEngine> opening) {
    FutureTask<NativeEngine> task = new FutureTask<>(opening);
    Thread.ofPlatform().name("engine-open").stackSize(STACK_BYTES).start(task);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          // Loading cannot be cut short; what was loaded must not be lost.
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw new IllegalStateException(e);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static NativeEngine openHere(EngineConfig config, String instructionSet) {
    long backend = NativeLibraries.backend(config.backend());
    ModelDirectory directory = new ModelDirectory(config.modelDirectory());
    LlamaConfig llama = directory.config();
    KvLayout layout =
        new KvLayout(
            llama.kvHeads(), llama.layers(), BLOCK_TOKENS, llama.headDim(), config.kvDtype());
    if (config.kvBlocks() < 1 || config.maxSequences() < 1 || config.maxSequences() > 1 << 16) {
      throw new IllegalArgumentException(
          "kvBlocks and maxSequences must be positive, and maxSequences at most 65536");
    }
    try (Arena weights = Arena.ofConfined()) {
      List<Tensor> tensors = directory.tensors(llama, weights);
      ModelDescription model =
          new ModelDescription(
              llama.architecture(),
              llama.vocabulary(),
              llama.layers(),
              llama.maxPositions(),
              TokenIds.of(directory.endTokens(llama)),
              ModelFingerprints.of(directory, config.keptMatrices(tensors), config.kvDtype()));
      ByteBuffer nativeModel = NativeLayouts.model(llama, tensors, weights);
      Opening opening =
          pool -> {
            ByteBuffer opened = NativeLayouts.direct(Long.BYTES);
            ByteBuffer error = NativeStatus.errorBuffer();
            ByteBuffer options = NativeLayouts.options(config, pool, instructionSet, weights);
            NativeStatus.check(
                NativeCalls.openEngine(backend, nativeModel, options, opened, error), error);
            return opened.getLong(0);
          };
      if (config.poolOnDevice()) {
        NativeHandle handle = new NativeHandle(backend, opening.with(MemorySegment.NULL), () -> {});
        KvMemory memory = new NativeDevicePool(handle, config.kvBlocks(), layout.blockBytes());
        return new NativeEngine(model, layout, memory, handle, config.maxSequences());
      }
      HostKvPool pool =
          HostKvPool.create(config.kvPoolFile(), layout.blockBytes() * config.kvBlocks());
      try {
        NativeHandle handle = new NativeHandle(backend, opening.with(pool.segment()), pool::close);
        KvMemory memory = new KvMemory.Host(pool.file(), pool.segment(), config.kvBlocks());
        return new NativeEngine(model, layout, memory, handle, config.maxSequences());
      } catch (RuntimeException failed) {
        pool.close();
        throw failed;
      }
    }
  }

  @FunctionalInterface
  private interface Opening {
    /** Handle of an engine whose KV pool is {@code pool}, or its own if that is null. */
    long with(MemorySegment pool);
  }

  @Override
  public ModelDescription model() {
    return model;
  }

  @Override
  public KvLayout kvLayout() {
    return layout;
  }

  @Override
  public KvMemory kvMemory() {
    return memory;
  }

  @Override
  public List<SampledToken> step(List<SequenceSlice> batch) {
    long engine = handle.engine();
    int samples = buffer.write(batch);
    int status =
        NativeCalls.runStep(
            handle.backend(),
            engine,
            buffer.slices(),
            batch.size(),
            buffer.samples(),
            samples,
            error);
    Reference.reachabilityFence(this);
    NativeStatus.check(status, error);
    return buffer.read(samples);
  }

  @Override
  public int stepsAhead() {
    return memory instanceof KvMemory.Device ? 2 : 1;
  }

  @Override
  public void submit(List<SequenceSlice> batch) {
    long engine = handle.engine();
    int samples = buffer.write(batch);
    int status =
        NativeCalls.submitStep(handle.backend(), engine, buffer.slices(), batch.size(), error);
    Reference.reachabilityFence(this);
    NativeStatus.check(status, error);
    samplesAhead.add(samples);
  }

  @Override
  public List<SampledToken> await() {
    long engine = handle.engine();
    Integer samples = samplesAhead.poll();
    if (samples == null) {
      throw new IllegalStateException("no step is on its way");
    }
    int status = NativeCalls.awaitStep(handle.backend(), engine, buffer.samples(), samples, error);
    Reference.reachabilityFence(this);
    NativeStatus.check(status, error);
    return buffer.read(samples);
  }

  /** Raw logits of the {@code index}-th sample of the last step: {@code [vocabulary]}. */
  float[] logits(int index) {
    int vocabulary = model.vocabularySize();
    ByteBuffer out = NativeLayouts.direct(vocabulary * Float.BYTES);
    int status =
        NativeCalls.copyLogits(handle.backend(), handle.engine(), index, out, vocabulary, error);
    Reference.reachabilityFence(this);
    NativeStatus.check(status, error);
    float[] logits = new float[vocabulary];
    out.asFloatBuffer().get(logits);
    return logits;
  }

  /** The instruction set in use, for example {@code avx512_bf16}. */
  public String instructionSet() {
    return NativeCalls.instructionSet(handle.backend(), handle.engine());
  }

  @Override
  public void close() {
    handle.close();
  }
}
