package dev.baton.engine;

import dev.baton.contracts.SampledToken;
import dev.baton.contracts.SamplingParams;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The direct memory through which one engine's steps pass; grows as needed, reused. */
final class StepBuffer {
  private final ByteBuffer slices;
  private final ByteBuffer samples;
  private final int maskWords;
  private ByteBuffer ids = NativeLayouts.direct(1 << 16);

  StepBuffer(int maxSequences, int vocabulary) {
    maskWords = Math.ceilDiv(vocabulary, Integer.SIZE);
    slices = NativeLayouts.direct(maxSequences * NativeLayouts.SLICE_BYTES);
    samples = NativeLayouts.direct(maxSequences * NativeLayouts.SAMPLE_BYTES);
  }

  ByteBuffer slices() {
    return slices;
  }

  ByteBuffer samples() {
    return samples;
  }

  /** Writes the batch; returns how many of its slices sample. */
  int write(List<SequenceSlice> batch) {
    if (batch.size() * NativeLayouts.SLICE_BYTES > slices.capacity()) {
      throw new IllegalArgumentException(
          batch.size() + " slices, at most " + slices.capacity() / NativeLayouts.SLICE_BYTES);
    }
    long needed = 0;
    for (int i = 0; i < batch.size(); i++) {
      needed += idsOf(batch.get(i), i);
    }
    reserve(needed * Integer.BYTES);
    long address = NativeLayouts.address(ids.clear());
    int sampling = 0;
    for (int i = 0; i < batch.size(); i++) {
      SequenceSlice slice = batch.get(i);
      boolean whole = needsHistory(slice.sample());
      int from = whole ? 0 : slice.start();
      long tokens = address + ids.position();
      put(slice.tokens(), from, slice.start() + slice.count() - from);
      long blocks = address + ids.position();
      put(slice.blocks(), 0, slice.blocks().length);
      int[] allowed = mask(slice);
      long mask = allowed == null ? 0 : address + ids.position();
      if (allowed != null) {
        put(allowed, 0, allowed.length);
      }
      NativeLayouts.slice(
          slices,
          i,
          slice,
          tokens + (long) (slice.start() - from) * Integer.BYTES,
          whole ? tokens : 0,
          blocks,
          mask);
      sampling += slice.sample() == null ? 0 : 1;
    }
    return sampling;
  }

  List<SampledToken> read(int count) {
    List<SampledToken> tokens = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      tokens.add(NativeLayouts.sample(samples, i));
    }
    return tokens;
  }

  private long idsOf(SequenceSlice slice, int index) {
    if (slice.start() < 0
        || slice.count() < 1
        || (long) slice.start() + slice.count() > slice.tokens().length) {
      throw new IllegalArgumentException(
          "slice %d: tokens %d to %d of a sequence of %d"
              .formatted(
                  index,
                  slice.start(),
                  (long) slice.start() + slice.count(),
                  slice.tokens().length));
    }
    int[] mask = mask(slice);
    if (mask != null && mask.length != maskWords) {
      throw new IllegalArgumentException(
          "slice %d: a mask of %d words, not %d".formatted(index, mask.length, maskWords));
    }
    return (long) (needsHistory(slice.sample()) ? slice.start() : 0)
        + slice.count()
        + slice.blocks().length
        + (mask == null ? 0 : maskWords);
  }

  private static int @Nullable [] mask(SequenceSlice slice) {
    return slice.sample() == null ? null : slice.sample().mask();
  }

  private static boolean needsHistory(@Nullable SampleRequest sample) {
    if (sample == null) {
      return false;
    }
    SamplingParams params = sample.params();
    return params.repetitionPenalty() != 1
        || params.presencePenalty() != 0
        || params.frequencyPenalty() != 0;
  }

  private void reserve(long bytes) {
    if (bytes > ids.capacity()) {
      ids = NativeLayouts.direct(Math.toIntExact(Math.max(bytes, 2L * ids.capacity())));
    }
  }

  private void put(int[] values, int from, int count) {
    ids.asIntBuffer().put(values, from, count);
    ids.position(ids.position() + count * Integer.BYTES);
  }
}
