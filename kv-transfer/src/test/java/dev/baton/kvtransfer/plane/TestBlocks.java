package dev.baton.kvtransfer.plane;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.KvDtype;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.kvtransfer.BlockDigest;
import dev.baton.kvtransfer.HostKvPool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Blocks whose bytes and hashes follow from their id, so that both processes know them. */
final class TestBlocks {
  /** 64 KiB a block. */
  static final KvLayout LAYOUT = new KvLayout(2, 8, 16, 64, KvDtype.BF16);

  /** 2 MiB a block, as a model of 8 billion parameters has them. */
  static final KvLayout LARGE = new KvLayout(32, 8, 16, 128, KvDtype.BF16);

  static final ModelFingerprint MODEL = new ModelFingerprint("0123456789abcdef0123456789abcdef");

  private TestBlocks() {}

  static void fill(HostKvPool pool) {
    for (int block = 0; block < pool.blockCount(); block++) {
      fill(pool.block(block), block);
    }
  }

  static void fill(MemorySegment block, int id) {
    SplittableRandom random = new SplittableRandom(id);
    for (long at = 0; at < block.byteSize(); at += Long.BYTES) {
      block.set(ValueLayout.JAVA_LONG_UNALIGNED, at, random.nextLong());
    }
  }

  static byte[] bytes(int id) {
    return bytes(LAYOUT, id);
  }

  private static byte[] bytes(KvLayout layout, int id) {
    byte[] block = new byte[(int) layout.blockBytes()];
    fill(MemorySegment.ofArray(block), id);
    return block;
  }

  static BlockHash hash(int id) {
    return new BlockHash(0x42, id);
  }

  static BlockHashes hashes(int... ids) {
    return BlockHashes.of(IntStream.of(ids).mapToObj(TestBlocks::hash).toList());
  }

  static BlockRefs refs(int... ids) {
    return refs(LAYOUT, ids);
  }

  static BlockRefs refs(KvLayout layout, int... ids) {
    return new BlockRefs(
        ids,
        IntStream.of(ids)
            .map(id -> BlockDigest.of(MemorySegment.ofArray(bytes(layout, id))))
            .toArray());
  }
}
