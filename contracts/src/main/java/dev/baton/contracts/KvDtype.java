package dev.baton.contracts;

/** Element type of the KV cache. */
public enum KvDtype {
  BF16(2),
  F32(4),
  /** Eight bits: FP8 with four of them for the exponent, stored without a scale. */
  E4M3(1);

  private final int bytes;

  KvDtype(int bytes) {
    this.bytes = bytes;
  }

  public int bytes() {
    return bytes;
  }
}
