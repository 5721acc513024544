package dev.baton.worker.blocks;

import dev.baton.contracts.BlockHash;

/** A named block of the pool. */
public record CachedBlock(BlockHash hash, int block) {}
