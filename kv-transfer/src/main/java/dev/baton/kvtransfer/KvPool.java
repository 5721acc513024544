package dev.baton.kvtransfer;

/** A worker's KV blocks, all of one size, numbered from 0. */
public sealed interface KvPool permits HostKvPool, DeviceKvPool {
  /** Bytes of a block, at most 2^31-1. */
  long blockBytes();

  int blockCount();

  /** Bytes of all blocks. */
  default long bytes() {
    return blockBytes() * blockCount();
  }
}
