package dev.baton.kvtransfer;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * KV blocks in host memory that is mapped from a file, so that other processes of the host can read
 * them in place. Block {@code i} lies at byte {@code i * blockBytes} of file and memory alike.
 *
 * @param file the file behind {@code memory}; a plane appends its trailer page behind the blocks
 * @param memory the mapping, at least {@code blockBytes * blockCount} bytes, accessible from all
 *     threads, mapped for longer than the plane lives
 */
public record HostKvPool(Path file, MemorySegment memory, long blockBytes, int blockCount)
    implements KvPool {
  private static final int ZEROES = 1 << 20;

  public HostKvPool {
    if (blockBytes < 1 || blockBytes > Integer.MAX_VALUE || blockCount < 1) {
      throw new IllegalArgumentException(
          "a pool needs blocks of 1 to 2^31-1 bytes and at least one of them, not "
              + blockCount
              + " of "
              + blockBytes);
    }
    if (!memory.isNative() || memory.isReadOnly()) {
      throw new IllegalArgumentException("pool memory must be native and writable");
    }
    if (!memory.isAccessibleBy(Thread.ofVirtual().unstarted(() -> {}))) {
      throw new IllegalArgumentException("pool memory must be accessible to all threads");
    }
    if (memory.byteSize() < blockBytes * blockCount) {
      throw new IllegalArgumentException(
          "pool memory has "
              + memory.byteSize()
              + " bytes, its blocks need "
              + blockBytes * blockCount);
    }
  }

  /**
   * Creates {@code file} anew (an older one is unlinked, so that its readers keep what they
   * mapped), fills it with zeroes and maps it until {@code arena} closes.
   *
   * @throws IOException also when the file system has no room for the whole pool
   */
  public static HostKvPool create(Path file, long blockBytes, int blockCount, Arena arena)
      throws IOException {
    Files.deleteIfExists(file);
    long bytes = Math.multiplyExact(blockBytes, blockCount);
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      reserve(channel, bytes);
      MemorySegment memory = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
      return new HostKvPool(file, memory, blockBytes, blockCount);
    }
  }

  /** The memory of one block. */
  public MemorySegment block(int index) {
    if (index < 0 || index >= blockCount) {
      throw new IndexOutOfBoundsException("block " + index + " of " + blockCount);
    }
    return memory.asSlice(index * blockBytes, blockBytes);
  }

  /** A sparse file that outgrows its file system kills the process at first touch: write it all. */
  private static void reserve(FileChannel channel, long bytes) throws IOException {
    ByteBuffer zeroes = ByteBuffer.allocateDirect(ZEROES);
    for (long at = 0; at < bytes; ) {
      zeroes.position(0).limit((int) Math.min(ZEROES, bytes - at));
      at += channel.write(zeroes, at);
    }
  }
}
