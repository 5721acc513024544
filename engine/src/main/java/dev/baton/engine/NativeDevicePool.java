package dev.baton.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;

/** The KV pool that a native backend keeps on its device. */
final class NativeDevicePool implements KvMemory.Device {
  private final NativeHandle handle;
  private final int blocks;
  private final long blockBytes;

  NativeDevicePool(NativeHandle handle, int blocks, long blockBytes) {
    this.handle = handle;
    this.blocks = blocks;
    this.blockBytes = blockBytes;
  }

  @Override
  public int blocks() {
    return blocks;
  }

  @Override
  public byte[] export() {
    try (Arena arena = Arena.ofConfined()) {
      ByteBuffer out = NativeLayouts.buffer(arena, NativeLayouts.KV_HANDLE_BYTES);
      ByteBuffer error = NativeStatus.errorBuffer(arena);
      check(
          handle.call(engine -> NativeCalls.exportPool(handle.backend(), engine, out, error)),
          error);
      byte[] bytes = new byte[NativeLayouts.KV_HANDLE_BYTES];
      out.get(0, bytes);
      return bytes;
    }
  }

  @Override
  public int[] digests(int[] ids) {
    try (Arena arena = Arena.ofConfined()) {
      ByteBuffer list = NativeLayouts.ints(ids, arena);
      ByteBuffer out = NativeLayouts.buffer(arena, (long) Integer.BYTES * ids.length);
      ByteBuffer error = NativeStatus.errorBuffer(arena);
      check(
          handle.call(engine ->
              NativeCalls.digestBlocks(handle.backend(), engine, list, ids.length, out, error)),
          error);
      return NativeLayouts.ints(out, ids.length);
    }
  }

  @Override
  public void read(int[] ids, MemorySegment host) {
    if (host.isReadOnly()) {
      throw new IllegalArgumentException("cannot read blocks into read-only memory");
    }
    copy(ids, host, NativeCalls::readBlocks);
  }

  @Override
  public void write(int[] ids, MemorySegment host) {
    copy(ids, host, NativeCalls::writeBlocks);
  }

  @FunctionalInterface
  private interface Copy {
    int run(long backend, long engine, ByteBuffer blocks, int count, long host, ByteBuffer error);
  }

  private void copy(int[] ids, MemorySegment host, Copy copy) {
    if (!host.isNative()
        || host.byteSize() < blockBytes * ids.length
        || !host.isAccessibleBy(Thread.currentThread())) {
      throw new IllegalArgumentException(
          "%d blocks need %d bytes of native memory that this thread may use, not %s"
              .formatted(ids.length, blockBytes * ids.length, host));
    }
    try (Arena arena = Arena.ofConfined()) {
      ByteBuffer list = NativeLayouts.ints(ids, arena);
      ByteBuffer error = NativeStatus.errorBuffer(arena);
      int status =
          handle.call(engine ->
              copy.run(handle.backend(), engine, list, ids.length, host.address(), error));
      Reference.reachabilityFence(host);
      check(status, error);
    }
  }

  @Override
  public MemorySegment pinned(long bytes, Arena arena) {
    long backend = handle.backend();
    try (Arena call = Arena.ofConfined()) {
      ByteBuffer out = NativeLayouts.buffer(call, Long.BYTES);
      ByteBuffer error = NativeStatus.errorBuffer(call);
      check(handle.call(_ -> NativeCalls.allocateHost(backend, bytes, out, error)), error);
      long address = out.getLong(0);
      try {
        return MemorySegment.ofAddress(address)
            .reinterpret(bytes, arena, _ -> NativeCalls.freeHost(backend, address));
      } catch (RuntimeException closedArena) {
        NativeCalls.freeHost(backend, address);
        throw closedArena;
      }
    }
  }

  @Override
  public KvMemory.Peer attach(byte[] exported) {
    if (exported.length != NativeLayouts.KV_HANDLE_BYTES) {
      throw new IllegalArgumentException(
          "a handle has %d bytes, not %d"
              .formatted(NativeLayouts.KV_HANDLE_BYTES, exported.length));
    }
    try (Arena arena = Arena.ofConfined()) {
      ByteBuffer in = NativeLayouts.buffer(arena, exported.length).put(0, exported);
      ByteBuffer out = NativeLayouts.buffer(arena, Long.BYTES);
      ByteBuffer error = NativeStatus.errorBuffer(arena);
      check(
          handle.call(engine -> {
            int status = NativeCalls.attachPeer(handle.backend(), engine, in, out, error);
            if (status == NativeStatus.OK) {
              handle.attached(out.getLong(0));
            }
            return status;
          }),
          error);
      return new NativePeer(handle, out.getLong(0));
    }
  }

  private static void check(int status, ByteBuffer error) {
    NativeStatus.check(status, error);
  }
}
