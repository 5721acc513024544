package dev.baton.engine;

import java.nio.file.Path;

/**
 * What to load and with how much.
 *
 * @param modelDirectory a Hugging Face model directory
 * @param backend name of the native backend, {@code cpu}
 * @param threads compute threads
 * @param kvBlocks blocks of the KV pool
 * @param kvPoolFile file to create for a host KV pool; deleted on close
 * @param maxTokensPerStep most tokens over all slices of a step
 * @param maxSequences most slices of a step
 */
public record EngineConfig(
    Path modelDirectory,
    String backend,
    int threads,
    int kvBlocks,
    Path kvPoolFile,
    int maxTokensPerStep,
    int maxSequences) {}
