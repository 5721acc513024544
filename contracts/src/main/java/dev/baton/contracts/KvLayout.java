package dev.baton.contracts;

/**
 * Shape of a KV block, one contiguous stretch laid out {@code [kv head][layer][K,V][token][head
 * dim]}. Two workers can exchange blocks only if their layouts are equal.
 */
public record KvLayout(int kvHeads, int layers, int blockTokens, int headDim, KvDtype dtype) {
  public KvLayout {
    Checks.range("kvHeads", kvHeads, 1, 1 << 16);
    Checks.range("layers", layers, 1, 1 << 16);
    Checks.range("blockTokens", blockTokens, 1, 1 << 10);
    Checks.range("headDim", headDim, 1, 1 << 16);
  }

  /** Bytes of one block. */
  public long blockBytes() {
    return 2L * kvHeads * layers * blockTokens * headDim * dtype.bytes();
  }

  /** Blocks that hold {@code tokens} tokens. */
  public int blocksFor(int tokens) {
    return Math.ceilDiv(tokens, blockTokens);
  }
}
