package dev.baton.engine;

import dev.baton.contracts.SamplingParams;

/**
 * How to sample the token after a slice.
 *
 * @param promptLength tokens of the sequence that are prompt; presence and frequency penalties
 *     count only those after it
 */
public record SampleRequest(SamplingParams params, int promptLength) {}
