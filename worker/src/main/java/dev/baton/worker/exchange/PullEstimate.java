package dev.baton.worker.exchange;

import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import java.time.Duration;
import java.util.function.DoubleSupplier;

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

  private final long blockBytes;
  private final int blockTokens;
  private final double fixedSeconds;
  private final DoubleSupplier prefillTokensPerSecond;
  private final TransferRates rates;
  private volatile double bytesPerSecond = FIRST_GUESS;

  /**
   * @param overhead what fetching takes however little it is
   * @param rates told of every transfer that this hears of
   * @param prefillTokensPerSecond measured rate, 0 while unknown
   */
  public PullEstimate(
      long blockBytes,
      int blockTokens,
      Duration overhead,
      TransferRates rates,
      DoubleSupplier prefillTokensPerSecond) {
    this.blockBytes = blockBytes;
    this.blockTokens = blockTokens;
    this.fixedSeconds = overhead.toNanos() / 1e9;
    this.rates = rates;
    this.prefillTokensPerSecond = prefillTokensPerSecond;
  }

  /**
   * Seconds that pulling so many blocks from the peer saves over computing them; negative where it
   * costs more, 0 for no block, the number of blocks while nothing is measured.
   */
  public double saved(WorkerId peer, int blocks) {
    return saved(blocks, rates.of(peer).orElse(bytesPerSecond));
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

  @Override
  public void transferEnded(
      WorkerId peer,
      TransportKind transport,
      int blocks,
      long bytes,
      long nanos,
      TransferOutcome outcome) {
    if (outcome instanceof TransferOutcome.Completed) {
      moved(bytes, nanos);
    }
    rates.transferEnded(peer, transport, blocks, bytes, nanos, outcome);
  }

  /** That much was moved in that time. */
  public void moved(long bytes, long nanos) {
    if (TransferRates.tells(bytes, nanos)) {
      bytesPerSecond = TransferRates.average(bytesPerSecond, bytes, nanos);
    }
  }
}
