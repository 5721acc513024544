package dev.baton.contracts;

/**
 * How fast a worker reads KV blocks of one peer, as it has measured.
 *
 * @param peer the holder
 * @param transport name of the transport, in lower case
 * @param bytesPerSecond moving average over completed transfers
 */
public record LinkRate(WorkerId peer, String transport, double bytesPerSecond) {
  public LinkRate {
    Checks.name("transport", transport);
    Checks.range("bytesPerSecond", bytesPerSecond, Double.MIN_VALUE, Double.MAX_VALUE);
  }
}
