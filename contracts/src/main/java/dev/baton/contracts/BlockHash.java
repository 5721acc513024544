package dev.baton.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * The name of a KV block: 128 bits that stand for the model, the tenant and every token up to the
 * block's end. See {@link BlockHasher}. On the wire: 16 bytes, big-endian.
 */
public record BlockHash(long high, long low) {
  /** Bytes of a packed hash. */
  public static final int BYTES = 16;

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static BlockHash unpack(byte[] packed) {
    Checks.require(packed.length == BYTES, "a block hash has 16 bytes, not " + packed.length);
    ByteBuffer buffer = ByteBuffer.wrap(packed);
    return new BlockHash(buffer.getLong(), buffer.getLong());
  }

  @JsonValue
  public byte[] pack() {
    return ByteBuffer.allocate(BYTES).putLong(high).putLong(low).array();
  }

  /** 32 hexadecimal digits. */
  public String hex() {
    return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
  }

  @Override
  public String toString() {
    return hex();
  }
}
