package dev.baton.kvtransfer;

import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;

/** CRC32C (RFC 3720) of a whole block: what tells a block that arrived from one that did not. */
public final class BlockDigest {
  private BlockDigest() {}

  /** Digest of all bytes of {@code block}, at most 2 GiB; reads native memory in place. */
  public static int of(MemorySegment block) {
    CRC32C crc = new CRC32C();
    crc.update(block.asByteBuffer());
    return (int) crc.getValue();
  }
}
