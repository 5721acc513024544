package dev.baton.engine;

import java.util.List;

/**
 * The shape of a Llama-architecture model.
 *
 * @param endTokens ids that end an output
 */
record LlamaConfig(
    String architecture,
    int hidden,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int intermediate,
    int vocabulary,
    int maxPositions,
    float rmsEpsilon,
    boolean tiedEmbeddings,
    RotaryEmbedding rotary,
    List<Integer> endTokens) {}
