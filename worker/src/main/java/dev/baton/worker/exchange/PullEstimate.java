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
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether fetching a prefix beats computing it: bytes over the rate that transfers from the holder
 * have had here, against tokens over the rate that prefill has had here. Safe for use by all
 * threads.
 */
public final class PullEstimate implements TransferObserver {
  /** A plain socket does at least this much; assumed until a transfer was measured, bytes/s. */
  private static final double FIRST_GUESS = 1e9;

  /** Handshake, lease and release. */
  private static final double FIXED_SECONDS = 0.004;

  private static final double WEIGHT = 0.2;
  private static final int WORTH_MEASURING = 1 << 20;

  /** Peers that are told to the registry: those used last, not all that ever were. */
  private static final int MOST_PEERS = 64;

  private final long blockBytes;
  private final int blockTokens;
  private final DoubleSupplier prefillTokensPerSecond;
  private final Map<WorkerId, Link> links = new ConcurrentHashMap<>();
  private volatile double bytesPerSecond = FIRST_GUESS;

  /** One peer, by the transport that was used last. */
  private record Link(TransportKind transport, double bytesPerSecond, long lastNanos) {}

  /**
   * @param prefillTokensPerSecond measured rate, 0 while unknown
   */
  public PullEstimate(long blockBytes, int blockTokens, DoubleSupplier prefillTokensPerSecond) {
    this.blockBytes = blockBytes;
    this.blockTokens = blockTokens;
    this.prefillTokensPerSecond = prefillTokensPerSecond;
  }

  /**
   * Seconds that pulling so many blocks from the peer saves over computing them; negative where it
   * costs more, 0 for no block, the number of blocks while nothing is measured.
   */
  public double saved(WorkerId peer, int blocks) {
    if (blocks <= 0) {
      return 0;
    }
    double rate = prefillTokensPerSecond.getAsDouble();
    if (rate <= 0) {
      return blocks;
    }
    return blocks * blockTokens / rate - FIXED_SECONDS - blocks * blockBytes / bytesPerSecond(peer);
  }

  /** Moving average of the rate of transfers from all peers, bytes/s. */
  public double bytesPerSecond() {
    return bytesPerSecond;
  }

  /** That of one peer; of all, where none was measured from it. */
  private double bytesPerSecond(WorkerId peer) {
    @Nullable Link link = links.get(peer);
    return link == null ? bytesPerSecond : link.bytesPerSecond();
  }

  /** What was measured, by peer. */
  public List<LinkRate> links() {
    return links.entrySet().stream()
        .sorted(Map.Entry.comparingByKey(Comparator.comparing(WorkerId::value)))
        .map(link ->
            new LinkRate(
                link.getKey(),
                link.getValue().transport().name().toLowerCase(Locale.ROOT),
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
    if (outcome instanceof TransferOutcome.Completed && bytes >= WORTH_MEASURING && nanos > 0) {
      double rate = bytes * 1e9 / nanos;
      bytesPerSecond = average(bytesPerSecond, rate);
      links.compute(
          peer,
          (_, before) ->
              new Link(
                  transport,
                  before == null || before.transport() != transport
                      ? rate
                      : average(before.bytesPerSecond(), rate),
                  System.nanoTime()));
      forgetTheOldest();
    }
  }

  private void forgetTheOldest() {
    while (links.size() > MOST_PEERS) {
      links.entrySet().stream()
          .min(Comparator.comparingLong(link -> link.getValue().lastNanos()))
          .ifPresent(oldest -> links.remove(oldest.getKey(), oldest.getValue()));
    }
  }

  private static double average(double before, double now) {
    return before + WEIGHT * (now - before);
  }
}
