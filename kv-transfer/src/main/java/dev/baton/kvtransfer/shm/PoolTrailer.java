package dev.baton.kvtransfer.shm;

import dev.baton.kvtransfer.HostKvPool;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;

/**
 * The page behind a pool's blocks, by which a reader knows that it mapped the right file and that
 * the holder still lives in the epoch it was told. All numbers are in native byte order: it never
 * leaves the host.
 *
 * <pre>{@code
 * 0 magic   8 nonce (16 bytes)   24 block bytes   32 block count   40 epoch, 0 while there is none
 * }</pre>
 */
final class PoolTrailer {
  static final long BYTES = 4096;

  private static final long MAGIC = 0x4261746f6e4b5631L; // "BatonKV1"
  private static final long NONCE = 8;
  private static final long BLOCK_BYTES = 24;
  private static final long BLOCK_COUNT = 32;
  private static final long EPOCH = 40;
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

  private final MemorySegment page;

  private PoolTrailer(MemorySegment page) {
    this.page = page;
  }

  /** Where the trailer starts in the file of such a pool. */
  static long offset(long blockBytes, int blockCount) {
    return Math.ceilDiv(blockBytes * blockCount, BYTES) * BYTES;
  }

  /** Appends a trailer with a fresh nonce to the pool's file; mapped while {@code arena} lives. */
  static PoolTrailer append(HostKvPool pool, Arena arena) throws IOException {
    try (FileChannel channel =
        FileChannel.open(pool.file(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long offset = offset(pool.blockBytes(), pool.blockCount());
      // Written before it is mapped: where there is no room this throws, a touched page would kill.
      channel.write(ByteBuffer.allocate((int) BYTES), offset);
      MemorySegment page = channel.map(FileChannel.MapMode.READ_WRITE, offset, BYTES, arena);
      SecureRandom random = new SecureRandom();
      page.set(ValueLayout.JAVA_LONG, NONCE, random.nextLong());
      page.set(ValueLayout.JAVA_LONG, NONCE + 8, random.nextLong());
      page.set(ValueLayout.JAVA_LONG, BLOCK_BYTES, pool.blockBytes());
      page.set(ValueLayout.JAVA_LONG, BLOCK_COUNT, pool.blockCount());
      LONG.setVolatile(page, EPOCH, 0L);
      LONG.setVolatile(page, 0L, MAGIC);
      return new PoolTrailer(page);
    }
  }

  /** The trailer in a mapping of a whole pool file. */
  static PoolTrailer of(MemorySegment file, long blockBytes, int blockCount) {
    return new PoolTrailer(file.asSlice(offset(blockBytes, blockCount), BYTES));
  }

  long nonceHigh() {
    return page.get(ValueLayout.JAVA_LONG, NONCE);
  }

  long nonceLow() {
    return page.get(ValueLayout.JAVA_LONG, NONCE + 8);
  }

  boolean describes(long nonceHigh, long nonceLow, long blockBytes, int blockCount) {
    return (long) LONG.getVolatile(page, 0L) == MAGIC
        && nonceHigh() == nonceHigh
        && nonceLow() == nonceLow
        && page.get(ValueLayout.JAVA_LONG, BLOCK_BYTES) == blockBytes
        && page.get(ValueLayout.JAVA_LONG, BLOCK_COUNT) == blockCount;
  }

  long epoch() {
    return (long) LONG.getVolatile(page, EPOCH);
  }

  void epoch(long epoch) {
    LONG.setVolatile(page, EPOCH, epoch);
  }
}
