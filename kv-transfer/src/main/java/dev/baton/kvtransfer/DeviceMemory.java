package dev.baton.kvtransfer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What the plane needs of a pool that it cannot address. Safe for use by all threads, also while
 * the device computes on other blocks; a call returns when its work is done. A device that fails or
 * is closed shows as a {@link RuntimeException}.
 */
public interface DeviceMemory {
  /** What another process of this host needs to {@link #attach}. */
  byte[] export();

  /** {@link BlockDigest} of each block, computed where the blocks are. */
  int[] digests(int[] blocks);

  /** Copies blocks to host memory, one after the other. */
  void read(int[] blocks, MemorySegment host);

  /** Copies from host memory into blocks. */
  void write(int[] blocks, MemorySegment host);

  /**
   * Host memory that the device reads and writes fastest.
   *
   * @param arena shared; frees the memory when it closes
   */
  MemorySegment pinned(long bytes, Arena arena);

  /** Maps the pool of another process of this host; blocks have the size of these. */
  Mapping attach(byte[] handle);

  /** Another process's pool. */
  interface Mapping extends AutoCloseable {
    /**
     * Copies block {@code from[i]} of the other pool to block {@code to[i]} of this one.
     *
     * @return digests of what arrived
     */
    int[] pull(int[] from, int[] to);

    /** While no pull runs. */
    @Override
    void close();
  }
}
