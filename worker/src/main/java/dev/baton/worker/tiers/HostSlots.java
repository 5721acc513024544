package dev.baton.worker.tiers;

import dev.baton.contracts.BlockHash;
import dev.baton.kvtransfer.DeviceKvPool;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;

/** Slots in the host's memory; gone with the process. */
final class HostSlots implements SlotStorage {
  private final long blockBytes;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;
  private final int capacity;

  /** As many slots as fit into {@code bytes} of memory, pinned where the pool is a device's. */
  HostSlots(KvPool pool, long bytes) {
    blockBytes = pool.blockBytes();
    capacity = Math.toIntExact(bytes / blockBytes);
    memory =
        switch (pool) {
          case HostKvPool _ -> arena.allocate(capacity * blockBytes);
          case DeviceKvPool device -> device.memory().pinned(capacity * blockBytes, arena);
        };
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public List<Found> found() {
    return List.of();
  }

  @Override
  public List<Integer> empty() {
    return IntStream.range(0, capacity).boxed().toList();
  }

  @Override
  public List<Integer> grow() {
    return List.of();
  }

  @Override
  public void write(int slot, BlockHash hash, int digest, MemorySegment block) {
    slot(slot).copyFrom(block);
  }

  @Override
  public MemorySegment slot(int slot) {
    return memory.asSlice(slot * blockBytes, blockBytes);
  }

  @Override
  public void erase(int slot) {}

  @Override
  public void close() {
    arena.close();
  }
}
