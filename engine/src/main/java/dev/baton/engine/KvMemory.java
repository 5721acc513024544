package dev.baton.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** Where an engine keeps its KV pool. */
public sealed interface KvMemory {
  /** Number of blocks. */
  int blocks();

  /** Host memory mapped from {@code file}, so that other processes of the host can read it. */
  record Host(Path file, MemorySegment segment, int blocks) implements KvMemory {}

  /**
   * Memory of an accelerator, reached by way of the engine that keeps it. Any thread may call, also
   * while a step runs, on blocks that no running step writes; a call returns when its work is done.
   *
   * <p>Everything throws {@link IllegalStateException} once the engine is closed, which waits for
   * calls under way, {@link IllegalArgumentException} for a block that is not there, {@link
   * EngineUnavailableException} where this machine cannot do it, and {@link EngineException} when
   * the device fails.
   */
  non-sealed interface Device extends KvMemory {
    /** What another process of this host needs to {@link #attach}. */
    byte[] export();

    /** CRC32C of each of {@code blocks}. */
    int[] digests(int[] blocks);

    /**
     * Copies blocks to host memory, one after the other; fastest where that is {@link #pinned}.
     *
     * @param host native memory, alive until this returns
     */
    void read(int[] blocks, MemorySegment host);

    /** Copies what {@link #read} would write back into blocks. */
    void write(int[] blocks, MemorySegment host);

    /** Page-locked host memory, freed when {@code arena} closes; may outlive the engine. */
    MemorySegment pinned(long bytes, Arena arena);

    /** Maps the pool of another process of this host, whose blocks have the size of these. */
    Peer attach(byte[] handle);
  }

  /** Another process's pool, until closed or until the engine is. */
  interface Peer extends AutoCloseable {
    /**
     * Copies block {@code from[i]} of the peer to block {@code to[i]} of the engine.
     *
     * @return digests of what arrived
     */
    int[] pull(int[] from, int[] to);

    /** Waits for a pull under way. Idempotent. */
    @Override
    void close();
  }
}
