package dev.baton.kvtransfer.transport;

import java.lang.foreign.MemorySegment;

/**
 * Blocks of the local pool in host memory, one at a time: what sockets read from and write to. For
 * one thread.
 */
public interface BlockWindow extends AutoCloseable {
  /** The bytes of a block, good until the next call. */
  MemorySegment load(int block);

  /** Room for the new bytes of a block; {@link #store} them once they are there. */
  MemorySegment room(int block);

  /**
   * Puts the block whose room was filled, or that was loaded and changed, into the pool.
   *
   * @return digest of the block in the pool
   */
  int store(int block);

  @Override
  void close();
}
