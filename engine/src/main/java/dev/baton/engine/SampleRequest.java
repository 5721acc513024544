package dev.baton.engine;

import dev.baton.contracts.SamplingParams;
import org.jspecify.annotations.Nullable;

/**
 * How to sample the token after a slice.
 *
 * @param promptLength tokens of the sequence that are prompt; presence and frequency penalties
 *     count only those after it
 * @param mask which tokens may be sampled, at least one: bit {@code t % 32} of {@code mask[t / 32]}
 *     for token {@code t}, {@code ceil(vocabulary / 32)} words; absent: all may. Read while the
 *     step is submitted.
 */
@SuppressWarnings("ArrayRecordComponent")
public record SampleRequest(SamplingParams params, int promptLength, int @Nullable [] mask) {
  public SampleRequest(SamplingParams params, int promptLength) {
    this(params, promptLength, null);
  }
}
