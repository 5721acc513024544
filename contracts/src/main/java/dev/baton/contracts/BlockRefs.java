package dev.baton.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The blocks of a handle in prompt order: id in the holder's pool and CRC32C (RFC 3720) of the
 * whole block. On the wire: packed little-endian, 8 bytes a block.
 */
public final class BlockRefs {
  private final int[] ids;
  private final int[] digests;

  public BlockRefs(int[] ids, int[] digests) {
    Checks.require(ids.length == digests.length, "every block needs an id and a digest");
    for (int id : ids) {
      Checks.require(id >= 0, "a block id must not be negative, was " + id);
    }
    this.ids = ids.clone();
    this.digests = digests.clone();
  }

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static BlockRefs unpack(byte[] packed) {
    Checks.require(packed.length % 8 == 0, "packed block references are 8 bytes each");
    ByteBuffer buffer = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN);
    int[] ids = new int[packed.length / 8];
    int[] digests = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = buffer.getInt();
      digests[i] = buffer.getInt();
    }
    return new BlockRefs(ids, digests);
  }

  @JsonValue
  byte[] pack() {
    ByteBuffer buffer = ByteBuffer.allocate(ids.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < ids.length; i++) {
      buffer.putInt(ids[i]).putInt(digests[i]);
    }
    return buffer.array();
  }

  public int size() {
    return ids.length;
  }

  public int id(int index) {
    return ids[index];
  }

  public int digest(int index) {
    return digests[index];
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BlockRefs that
        && Arrays.equals(ids, that.ids)
        && Arrays.equals(digests, that.digests);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(ids) + Arrays.hashCode(digests);
  }

  @Override
  public String toString() {
    return "BlockRefs[" + ids.length + "]";
  }
}
