package dev.baton.worker.exchange;

import dev.baton.contracts.LinkRate;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * How fast blocks have come from each peer by each transport: exponentially weighted means of the
 * transfers that are large enough to tell. Knows the links used last, not all that ever were. Safe
 * for use by all threads.
 */
public final class TransferRates implements TransferObserver {
  private static final double WEIGHT = 0.2;
  private static final int WORTH_MEASURING = 1 << 20;
  private static final int MOST_LINKS = 64;
  private static final Comparator<Map.Entry<Link, Rate>> BY_USE =
      Comparator.comparingLong(link -> link.getValue().lastNanos());

  private final Map<Link, Rate> rates = new ConcurrentHashMap<>();

  /** The way to a peer. */
  public record Link(WorkerId peer, TransportKind transport) {}

  private record Rate(double bytesPerSecond, long lastNanos) {}

  /** Whether a transfer is large enough to tell a rate. */
  static boolean tells(long bytes, long nanos) {
    return bytes >= WORTH_MEASURING && nanos > 0;
  }

  /** The mean, with that many bytes in that time taken into account. */
  static double average(double mean, long bytes, long nanos) {
    return mean + WEIGHT * (rate(bytes, nanos) - mean);
  }

  private static double rate(long bytes, long nanos) {
    return bytes * 1e9 / nanos;
  }

  /** Bytes a second; empty while nothing is measured. */
  public OptionalDouble of(Link link) {
    Rate rate = rates.get(link);
    return rate == null ? OptionalDouble.empty() : OptionalDouble.of(rate.bytesPerSecond());
  }

  /** The same by the transport that was used last. */
  OptionalDouble of(WorkerId peer) {
    return rates.entrySet().stream()
        .filter(link -> link.getKey().peer().equals(peer))
        .max(BY_USE)
        .map(link -> OptionalDouble.of(link.getValue().bytesPerSecond()))
        .orElse(OptionalDouble.empty());
  }

  /** What was measured, for each peer by the transport that was used last. */
  public List<LinkRate> links() {
    return rates.entrySet().stream()
        .collect(Collectors.groupingBy(link -> link.getKey().peer(), Collectors.maxBy(BY_USE)))
        .values()
        .stream()
        .flatMap(Optional::stream)
        .sorted(Comparator.comparing(link -> link.getKey().peer().value()))
        .map(link ->
            new LinkRate(
                link.getKey().peer(),
                link.getKey().transport().name().toLowerCase(Locale.ROOT),
                link.getValue().bytesPerSecond()))
        .toList();
  }

  @Override
  public void transferEnded(
      WorkerId peer,
      TransportKind transport,
      int blocks,
      long bytes,
      long nanos,
      TransferOutcome outcome) {
    if (!(outcome instanceof TransferOutcome.Completed) || !tells(bytes, nanos)) {
      return;
    }
    rates.compute(
        new Link(peer, transport),
        (_, before) ->
            new Rate(
                before == null
                    ? rate(bytes, nanos)
                    : average(before.bytesPerSecond(), bytes, nanos),
                System.nanoTime()));
    while (rates.size() > MOST_LINKS) {
      rates.entrySet().stream()
          .min(BY_USE)
          .ifPresent(oldest -> rates.remove(oldest.getKey(), oldest.getValue()));
    }
  }
}
