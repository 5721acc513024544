package dev.baton.worker.exchange;

import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import java.util.function.DoubleSupplier;

/**
 * Whether fetching a prefix beats computing it: bytes over the rate that transfers have had here,
 * against tokens over the rate that prefill has had here. Safe for use by all threads.
 */
public final class PullEstimate implements TransferObserver {
  /** A plain socket does at least this much; assumed until a transfer was measured, bytes/s. */
  private static final double FIRST_GUESS = 1e9;

  /** Handshake, lease and release. */
  private static final double FIXED_SECONDS = 0.004;

  private static final double WEIGHT = 0.2;
  private static final int WORTH_MEASURING = 1 << 20;

  private final long blockBytes;
  private final int blockTokens;
  private final DoubleSupplier prefillTokensPerSecond;
  private volatile double bytesPerSecond = FIRST_GUESS;

  /**
   * @param prefillTokensPerSecond measured rate, 0 while unknown
   */
  public PullEstimate(long blockBytes, int blockTokens, DoubleSupplier prefillTokensPerSecond) {
    this.blockBytes = blockBytes;
    this.blockTokens = blockTokens;
    this.prefillTokensPerSecond = prefillTokensPerSecond;
  }

  /** Whether to pull that many blocks rather than compute them; yes while nothing is measured. */
  public boolean pays(int blocks) {
    double rate = prefillTokensPerSecond.getAsDouble();
    if (blocks <= 0 || rate <= 0) {
      return blocks > 0;
    }
    return FIXED_SECONDS + blocks * blockBytes / bytesPerSecond < blocks * blockTokens / rate;
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
    if (outcome instanceof TransferOutcome.Completed && bytes >= WORTH_MEASURING && nanos > 0) {
      bytesPerSecond += WEIGHT * (bytes * 1e9 / nanos - bytesPerSecond);
    }
  }
}
