package dev.baton.autoscaler.decide;

import java.util.Optional;

/**
 * What sizes the decode tier, summed over its live workers; empty where it is not known, or not
 * known any more.
 *
 * @param workers workers that report
 * @param running sequences in running batches
 * @param waiting requests accepted and not yet running
 * @param usedBlocks KV blocks in use or pinned
 * @param capacityBlocks KV blocks of the pools
 */
public record DecodeSignals(
    Optional<Reading> workers,
    Optional<Reading> running,
    Optional<Reading> waiting,
    Optional<Reading> usedBlocks,
    Optional<Reading> capacityBlocks) {
  public static final DecodeSignals NONE =
      new DecodeSignals(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
}
