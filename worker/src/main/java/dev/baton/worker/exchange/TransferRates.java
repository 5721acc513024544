package dev.baton.worker.exchange;

import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How fast blocks have come from each peer by each transport: exponentially weighted means of the
 * transfers that are large enough to tell. Safe for use by all threads.
 */
public final class TransferRates implements TransferObserver {
  private static final double WEIGHT = 0.2;
  private static final int WORTH_MEASURING = 1 << 20;

  private final Map<Link, Double> bytesPerSecond = new ConcurrentHashMap<>();

  /** The way to a peer. */
  public record Link(WorkerId peer, TransportKind transport) {}

  /** Bytes a second; empty while nothing is measured. */
  public OptionalDouble of(Link link) {
    Double rate = bytesPerSecond.get(link);
    return rate == null ? OptionalDouble.empty() : OptionalDouble.of(rate);
  }

  @Override
  public void transferEnded(
      WorkerId peer,
      TransportKind transport,
      int blocks,
      long bytes,
      long nanos,
      TransferOutcome outcome) {
    if (!(outcome instanceof TransferOutcome.Completed) || bytes < WORTH_MEASURING || nanos <= 0) {
      return;
    }
    double rate = bytes * 1e9 / nanos;
    bytesPerSecond.merge(
        new Link(peer, transport), rate, (mean, latest) -> mean + WEIGHT * (latest - mean));
  }
}
