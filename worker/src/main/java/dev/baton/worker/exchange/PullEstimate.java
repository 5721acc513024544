package dev.baton.worker.exchange;

import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * Whether fetching a prefix beats computing it: bytes over the rate that transfers have had here,
 * against tokens over the rate that prefill has had here. Safe for use by all threads.
 */
public final class PullEstimate implements TransferObserver {
  /** A plain socket does at least this much; assumed until a transfer was measured, bytes/s. */
  private static final double FIRST_GUESS = 1e9;

  /** Of a peer: handshake, lease and release. */
  public static final Duration PEER_OVERHEAD = Duration.ofMillis(4);

  private static final double WEIGHT = 0.2;
  private static final int WORTH_MEASURING = 1 << 20;

  private final long blockBytes;
  private final int blockTokens;
  private final double fixedSeconds;
  private final DoubleSupplier prefillTokensPerSecond;
  private volatile double bytesPerSecond = FIRST_GUESS;

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

  /** Whether to pull that many blocks rather than compute them; yes while nothing is measured. */
  public boolean pays(int blocks) {
    double rate = prefillTokensPerSecond.getAsDouble();
    if (blocks <= 0 || rate <= 0) {
      return blocks > 0;
    }
    return fixedSeconds + blocks * blockBytes / bytesPerSecond < blocks * blockTokens / rate;
  }

  /** Moving average of the rate of transfers, bytes/s. */
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
  }

  /** That much was moved in that time. */
  public void moved(long bytes, long nanos) {
    if (bytes >= WORTH_MEASURING && nanos > 0) {
      bytesPerSecond += WEIGHT * (bytes * 1e9 / nanos - bytesPerSecond);
    }
  }
}
