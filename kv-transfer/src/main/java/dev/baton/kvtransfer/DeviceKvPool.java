package dev.baton.kvtransfer;

/**
 * KV blocks in the memory of an accelerator.
 *
 * @param memory works for longer than the plane lives
 */
public record DeviceKvPool(DeviceMemory memory, long blockBytes, int blockCount) implements KvPool {
  public DeviceKvPool {
    if (blockBytes < 1 || blockBytes > Integer.MAX_VALUE || blockCount < 1) {
      throw new IllegalArgumentException(
          "a pool needs blocks of 1 to 2^31-1 bytes and at least one of them, not "
              + blockCount
              + " of "
              + blockBytes);
    }
  }
}
