package dev.baton.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * An immutable sequence of token ids. On the wire: packed little-endian int32, 4 bytes a token (a
 * byte string in CBOR, base64 in JSON).
 */
public final class TokenIds {
  public static final TokenIds EMPTY = new TokenIds(new int[0]);

  private final int[] ids;

  private TokenIds(int[] ids) {
    this.ids = ids;
  }

  public static TokenIds of(int... ids) {
    return copyOf(ids, ids.length);
  }

  /** The first {@code length} of {@code ids}. */
  public static TokenIds copyOf(int[] ids, int length) {
    for (int i = 0; i < length; i++) {
      Checks.require(ids[i] >= 0, "token id at " + i + " must not be negative, was " + ids[i]);
    }
    return new TokenIds(Arrays.copyOf(ids, length));
  }

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static TokenIds unpack(byte[] packed) {
    Checks.require(packed.length % Integer.BYTES == 0, "packed token ids must be 4 bytes each");
    int[] ids = new int[packed.length / Integer.BYTES];
    ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(ids);
    return copyOf(ids, ids.length);
  }

  @JsonValue
  byte[] pack() {
    byte[] packed = new byte[ids.length * Integer.BYTES];
    ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(ids);
    return packed;
  }

  public int size() {
    return ids.length;
  }

  public boolean isEmpty() {
    return ids.length == 0;
  }

  public int get(int index) {
    return ids[index];
  }

  public int[] toArray() {
    return ids.clone();
  }

  /** These ids followed by {@code more}. */
  public TokenIds plus(TokenIds more) {
    int[] joined = Arrays.copyOf(ids, ids.length + more.ids.length);
    System.arraycopy(more.ids, 0, joined, ids.length, more.ids.length);
    return new TokenIds(joined);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenIds that && Arrays.equals(ids, that.ids);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ids);
  }

  @Override
  public String toString() {
    return ids.length <= 16 ? Arrays.toString(ids) : "TokenIds[" + ids.length + "]";
  }
}
