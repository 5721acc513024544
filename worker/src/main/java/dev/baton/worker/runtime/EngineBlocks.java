package dev.baton.worker.runtime;

import dev.baton.engine.Engine;
import dev.baton.engine.KvMemory;
import dev.baton.kvtransfer.BlockDigest;
import dev.baton.kvtransfer.DeviceKvPool;
import dev.baton.kvtransfer.DeviceMemory;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPool;
import dev.baton.worker.loop.BlockDigester;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/** An engine's KV memory as the KV plane and the loop know it. */
final class EngineBlocks {
  private EngineBlocks() {}

  static KvPool pool(Engine engine) {
    long blockBytes = engine.kvLayout().blockBytes();
    return switch (engine.kvMemory()) {
      case KvMemory.Host host ->
          new HostKvPool(host.file(), host.segment(), blockBytes, host.blocks());
      case KvMemory.Device device ->
          new DeviceKvPool(new EngineMemory(device), blockBytes, device.blocks());
    };
  }

  static BlockDigester digester(KvPool pool) {
    return switch (pool) {
      case HostKvPool host ->
          blocks -> IntStream.of(blocks).map(block -> BlockDigest.of(host.block(block))).toArray();
      case DeviceKvPool device -> device.memory()::digests;
    };
  }

  private record EngineMemory(KvMemory.Device device) implements DeviceMemory {
    @Override
    public byte[] export() {
      return device.export();
    }

    @Override
    public int[] digests(int[] blocks) {
      return device.digests(blocks);
    }

    @Override
    public void read(int[] blocks, MemorySegment host) {
      device.read(blocks, host);
    }

    @Override
    public void write(int[] blocks, MemorySegment host) {
      device.write(blocks, host);
    }

    @Override
    public MemorySegment pinned(long bytes, Arena arena) {
      return device.pinned(bytes, arena);
    }

    @Override
    public Mapping attach(byte[] handle) {
      return new EnginePeer(device.attach(handle));
    }
  }

  private record EnginePeer(KvMemory.Peer peer) implements DeviceMemory.Mapping {
    @Override
    public int[] pull(int[] from, int[] to) {
      return peer.pull(from, to);
    }

    @Override
    public void close() {
      peer.close();
    }
  }
}
