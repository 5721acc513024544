package dev.baton.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * An immutable list of block hashes, usually the chain of one prompt. On the wire: packed, 16 bytes
 * a hash.
 */
public final class BlockHashes {
  public static final BlockHashes EMPTY = new BlockHashes(new long[0]);

  private final long[] words;

  private BlockHashes(long[] words) {
    this.words = words;
  }

  public static BlockHashes of(List<BlockHash> hashes) {
    long[] words = new long[hashes.size() * 2];
    for (int i = 0; i < hashes.size(); i++) {
      words[2 * i] = hashes.get(i).high();
      words[2 * i + 1] = hashes.get(i).low();
    }
    return new BlockHashes(words);
  }

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static BlockHashes unpack(byte[] packed) {
    Checks.require(packed.length % BlockHash.BYTES == 0, "packed block hashes are 16 bytes each");
    long[] words = new long[packed.length / Long.BYTES];
    ByteBuffer.wrap(packed).asLongBuffer().get(words);
    return new BlockHashes(words);
  }

  @JsonValue
  public byte[] pack() {
    return pack(0, size());
  }

  /** The packed hashes from {@code from} to before {@code to}. */
  public byte[] pack(int from, int to) {
    byte[] packed = new byte[(to - from) * BlockHash.BYTES];
    ByteBuffer.wrap(packed).asLongBuffer().put(words, 2 * from, 2 * (to - from));
    return packed;
  }

  public int size() {
    return words.length / 2;
  }

  public BlockHash get(int index) {
    return new BlockHash(words[2 * index], words[2 * index + 1]);
  }

  /** The first {@code count} hashes. */
  public BlockHashes prefix(int count) {
    return new BlockHashes(Arrays.copyOf(words, count * 2));
  }

  public List<BlockHash> toList() {
    return IntStream.range(0, size()).mapToObj(this::get).toList();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BlockHashes that && Arrays.equals(words, that.words);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(words);
  }

  @Override
  public String toString() {
    return "BlockHashes[" + size() + "]";
  }
}
