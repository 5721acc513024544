package dev.baton.contracts;

/** Element type of the KV cache. */
public enum KvDtype {
  BF16(2),
  F32(4);

  private final int bytes;

  KvDtype(int bytes) {
    this.bytes = bytes;
  }

  public int bytes() {
    return bytes;
  }
}
