package dev.baton.engine;

import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.TokenIds;

/**
 * What a caller needs to know of a loaded model.
 *
 * @param architecture as in config.json, for example {@code LlamaForCausalLM}
 * @param maxPositions longest sequence in tokens
 * @param endTokens ids that end an output
 */
public record ModelDescription(
    String architecture,
    int vocabularySize,
    int layers,
    int maxPositions,
    TokenIds endTokens,
    ModelFingerprint fingerprint) {}
