package dev.baton.autoscaler.decide;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Sizes the decode tier by the scarcer of two things: places in running batches, which bound the
 * time per output token, and KV blocks. Requests that wait are counted as if they ran, with as many
 * blocks as a running one has.
 *
 * @param targetSequences running sequences that one worker should have
 * @param targetKvOccupancy share of a worker's KV blocks that should be in use, in (0, 1]
 */
public record DecodeSizing(int targetSequences, double targetKvOccupancy) {
  public DecodeSizing {
    if (targetSequences < 1) {
      throw new IllegalArgumentException("target-sequences must be at least 1: " + targetSequences);
    }
    if (!(targetKvOccupancy > 0 && targetKvOccupancy <= 1)) {
      throw new IllegalArgumentException(
          "target-kv-occupancy must be above 0 and at most 1: " + targetKvOccupancy);
    }
  }

  public Need need(DecodeSignals signals) {
    Optional<Double> workers = signals.workers().map(Reading::value).filter(count -> count > 0);
    if (workers.isEmpty()
        || signals.running().isEmpty()
        || signals.waiting().isEmpty()
        || signals.usedBlocks().isEmpty()
        || signals.capacityBlocks().isEmpty()) {
      return new Need.Unknown(0, List.of("no decode worker reports its load"));
    }
    double running = signals.running().get().value();
    double waiting = signals.waiting().get().value();
    double used = signals.usedBlocks().get().value();
    double capacity = signals.capacityBlocks().get().value() / workers.get();

    long bySequences = (long) Math.ceil((running + waiting) / targetSequences);
    double blocks = running > 0 ? used + waiting * used / running : used;
    long byBlocks = capacity > 0 ? (long) Math.ceil(blocks / (capacity * targetKvOccupancy)) : 0;
    return new Need.Replicas(
        Math.max(bySequences, byBlocks),
        List.of(
            String.format(
                Locale.ROOT,
                "%.0f running and %.0f waiting sequences, %d a worker: %d",
                running,
                waiting,
                targetSequences,
                bySequences),
            String.format(
                Locale.ROOT,
                "%.0f KV blocks wanted, %.0f of a worker's %.0f at the target occupancy: %d",
                blocks,
                capacity * targetKvOccupancy,
                capacity,
                byBlocks)));
  }
}
