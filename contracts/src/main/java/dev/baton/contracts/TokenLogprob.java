package dev.baton.contracts;

/** A token id with its natural-log probability under the raw logits. */
public record TokenLogprob(int tokenId, float logprob) {}
