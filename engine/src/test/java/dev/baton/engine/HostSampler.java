package dev.baton.engine;

import dev.baton.contracts.SampledToken;
import java.nio.ByteBuffer;

/** Sampling as the CPU backend does it, of logits from anywhere. */
final class HostSampler {
  private HostSampler() {}

  /** What follows {@code history} by its {@code logits}. */
  static SampledToken sample(float[] logits, SampleRequest request, int[] history) {
    ByteBuffer nativeLogits = NativeLayouts.direct(logits.length * Float.BYTES);
    nativeLogits.asFloatBuffer().put(logits);
    ByteBuffer nativeHistory = NativeLayouts.direct(history.length * Integer.BYTES + 4);
    nativeHistory.asIntBuffer().put(history);
    ByteBuffer sampling = NativeLayouts.direct(NativeLayouts.SAMPLING_BYTES);
    NativeLayouts.sampling(sampling, 0, request);
    ByteBuffer out = NativeLayouts.direct(NativeLayouts.SAMPLE_BYTES);
    ByteBuffer error = NativeStatus.errorBuffer();
    NativeStatus.check(
        NativeCalls.sample(
            NativeLibraries.backend("cpu"),
            nativeLogits,
            logits.length,
            sampling,
            nativeHistory,
            history.length,
            out,
            error),
        error);
    return NativeLayouts.sample(out, 0);
  }
}
