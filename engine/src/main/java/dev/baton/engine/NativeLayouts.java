package dev.baton.engine;

import dev.baton.contracts.SampledToken;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.TokenLogprob;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads and writes the structs of {@code baton_engine.h} in direct buffers. The shim asserts the
 * same offsets when it is compiled.
 */
final class NativeLayouts {
  static final int SLICE_BYTES = 96;
  static final int SAMPLING_BYTES = 48;
  static final int SAMPLE_BYTES = 172;
  static final int KV_HANDLE_BYTES = 88;
  private static final int TENSOR_BYTES = 48;
  private static final int MODEL_BYTES = 64;
  private static final int OPTIONS_BYTES = 56;
  private static final int SAMPLING_OFFSET = 48;

  // baton_dtype
  private static final int BF16 = 0;
  private static final int F32 = 2;
  private static final int E4M3 = 3;

  private static final int TOP_TOKENS_OFFSET = 12;
  private static final int TOP_LOGPROBS_OFFSET =
      TOP_TOKENS_OFFSET + SamplingParams.MAX_TOP_LOGPROBS * Integer.BYTES;

  private NativeLayouts() {}

  static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  static long address(ByteBuffer direct) {
    return MemorySegment.ofBuffer(direct).address();
  }

  /** A {@code baton_model}; what it points to lives as long as {@code arena}. */
  static ByteBuffer model(LlamaConfig config, List<Tensor> tensors, Arena arena) {
    ByteBuffer table = buffer(arena, (long) TENSOR_BYTES * tensors.size());
    for (int i = 0; i < tensors.size(); i++) {
      Tensor tensor = tensors.get(i);
      List<Long> shape = tensor.shape();
      int at = i * TENSOR_BYTES;
      table.putLong(at, arena.allocateFrom(tensor.name()).address());
      table.putLong(at + 8, tensor.data().address());
      table.putLong(at + 16, tensor.data().byteSize());
      table.putLong(at + 24, shape.get(0));
      table.putLong(at + 32, shape.size() > 1 ? shape.get(1) : 1);
      table.putInt(at + 40, tensor.type().ordinal());
    }
    float[] frequencies = config.rotary().inverseFrequencies(config.headDim());
    return buffer(arena, MODEL_BYTES)
        .putInt(config.hidden())
        .putInt(config.layers())
        .putInt(config.heads())
        .putInt(config.kvHeads())
        .putInt(config.headDim())
        .putInt(config.intermediate())
        .putInt(config.vocabulary())
        .putInt(config.maxPositions())
        .putFloat(config.rmsEpsilon())
        .putInt(config.tiedEmbeddings() ? 1 : 0)
        .putLong(arena.allocateFrom(ValueLayout.JAVA_FLOAT, frequencies).address())
        .putLong(address(table.rewind()))
        .putLong(tensors.size())
        .rewind();
  }

  /**
   * A {@code baton_options}.
   *
   * @param pool {@link MemorySegment#NULL} for a backend that keeps its own
   * @param isa empty for the best one
   */
  static ByteBuffer options(EngineConfig config, MemorySegment pool, String isa, Arena arena) {
    return buffer(arena, OPTIONS_BYTES)
        .putInt(config.threads())
        .putInt(config.maxTokensPerStep())
        .putInt(config.maxSequences())
        .putInt(config.kvBlocks())
        .putLong(pool.address())
        .putLong(pool.byteSize())
        .putLong(arena.allocateFrom(isa).address())
        .putInt(config.device())
        .putInt(
            switch (config.weights()) {
              case BF16 -> BF16;
              case E4M3 -> E4M3;
            })
        .putInt(
            switch (config.kvDtype()) {
              case BF16 -> BF16;
              case F32 -> F32;
              case E4M3 -> E4M3;
            })
        .rewind();
  }

  /** {@code int32_t[values.length]} */
  static ByteBuffer ints(int[] values, Arena arena) {
    return arena
        .allocateFrom(ValueLayout.JAVA_INT, values)
        .asByteBuffer()
        .order(ByteOrder.nativeOrder());
  }

  static int[] ints(ByteBuffer from, int count) {
    int[] values = new int[count];
    from.asIntBuffer().get(0, values);
    return values;
  }

  static ByteBuffer buffer(Arena arena, long bytes) {
    return arena.allocate(bytes, 8).asByteBuffer().order(ByteOrder.nativeOrder());
  }

  /** A {@code baton_sampling} at {@code at}. */
  static void sampling(ByteBuffer to, int at, SampleRequest request) {
    SamplingParams params = request.params();
    to.putFloat(at, params.temperature())
        .putFloat(at + 4, params.topP())
        .putFloat(at + 8, params.minP())
        .putFloat(at + 12, params.repetitionPenalty())
        .putFloat(at + 16, params.presencePenalty())
        .putFloat(at + 20, params.frequencyPenalty())
        .putInt(at + 24, params.topK())
        .putInt(at + 28, params.topLogprobs())
        .putLong(at + 32, params.seed())
        .putInt(at + 40, request.promptLength())
        .putInt(at + 44, 0);
  }

  /** The {@code index}-th {@code baton_slice}; its arrays are at these addresses. */
  static void slice(
      ByteBuffer to,
      int index,
      SequenceSlice slice,
      long tokens,
      long history,
      long blocks,
      long mask) {
    int at = index * SLICE_BYTES;
    to.putLong(at, tokens)
        .putLong(at + 8, history)
        .putLong(at + 16, blocks)
        .putLong(at + 24, mask)
        .putInt(at + 32, slice.start())
        .putInt(at + 36, slice.count())
        .putInt(at + 40, slice.blocks().length)
        .putInt(at + 44, slice.sample() == null ? 0 : 1);
    if (slice.sample() != null) {
      sampling(to, at + SAMPLING_OFFSET, slice.sample());
    }
  }

  /** The {@code index}-th {@code baton_sample}. */
  static SampledToken sample(ByteBuffer from, int index) {
    int at = index * SAMPLE_BYTES;
    int tops = from.getInt(at + 8);
    List<TokenLogprob> top = new ArrayList<>(tops);
    for (int i = 0; i < tops; i++) {
      top.add(
          new TokenLogprob(
              from.getInt(at + TOP_TOKENS_OFFSET + i * Integer.BYTES),
              from.getFloat(at + TOP_LOGPROBS_OFFSET + i * Float.BYTES)));
    }
    return new SampledToken(from.getInt(at), from.getFloat(at + 4), top);
  }
}
