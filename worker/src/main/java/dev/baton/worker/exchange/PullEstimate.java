package dev.baton.worker.exchange;

import dev.baton.contracts.LinkRate;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import java.time.Duration;
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

  /** Of a peer: handshake, lease and release. */
  public static final Duration PEER_OVERHEAD = Duration.ofMillis(4);

  private static final double WEIGHT = 0.2;
  private static final int WORTH_MEASURING = 1 << 20;

  /** Peers that are told to the registry: those used last, not all that ever were. */
  private static final int MOST_PEERS = 64;

  private final long blockBytes;
  private final int blockTokens;
  private final double fixedSeconds;
  private final DoubleSupplier prefillTokensPerSecond;
  private final Map<WorkerId, Link> links = new ConcurrentHashMap<>();
  private volatile double bytesPerSecond = FIRST_GUESS;

  /** One peer, by the transport that was used last. */
  private record Link(TransportKind transport, double bytesPerSecond, long lastNanos) {}

  /**
   * @param overhead what fetching takes however little it is
   * @param prefillTokensPerSecond measured rate, 0 while unknown
   */
  public PullEstimate(
      long blockBytes, int blockTokens, Duration overhead, DoubleSupplier prefillTokensPerSecond) {
    this.blockBytes = blockBytes;
    this.blockTokens = blockTokens;
    this.fixedSeconds = overhead.toNanos() / 1e9;
    this.prefillTokensPerSecond = prefillTokensPerSecond;
  }

  /**
   * Seconds that pulling so many blocks from the peer saves over computing them; negative where it
   * costs more, 0 for no block, the number of blocks while nothing is measured.
   */
  public double saved(WorkerId peer, int blocks) {
    return saved(blocks, bytesPerSecond(peer));
  }

  /** Whether to fetch so many blocks, wherever from, rather than compute them. */
  public boolean pays(int blocks) {
    return saved(blocks, bytesPerSecond) > 0;
  }

  private double saved(int blocks, double bytesPerSecond) {
    double rate = prefillTokensPerSecond.getAsDouble();
    if (blocks <= 0 || rate <= 0) {
      return Math.max(0, blocks);
    }
    return blocks * blockTokens / rate - fixedSeconds - blocks * blockBytes / bytesPerSecond;
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
      moved(bytes, nanos);
      double rate = bytes * 1e9 / nanos;
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

  /** That much was moved in that time. */
  public void moved(long bytes, long nanos) {
    if (bytes >= WORTH_MEASURING && nanos > 0) {
      bytesPerSecond = average(bytesPerSecond, bytes * 1e9 / nanos);
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
