package dev.baton.engine;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** Where an engine keeps its KV pool. */
public sealed interface KvMemory {
  /** Number of blocks. */
  int blocks();

  /** Host memory mapped from {@code file}, so that other processes of the host can read it. */
  record Host(Path file, MemorySegment segment, int blocks) implements KvMemory {}
}
