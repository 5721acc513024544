package dev.baton.kvtransfer.wire;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Takes a payload apart and trusts none of it. */
public final class PayloadReader {
  private final ByteBuffer buffer;

  public PayloadReader(ByteBuffer buffer) {
    this.buffer = buffer;
  }

  public int int32() throws MalformedFrameException {
    try {
      return buffer.getInt();
    } catch (BufferUnderflowException _) {
      throw truncated();
    }
  }

  public long int64() throws MalformedFrameException {
    try {
      return buffer.getLong();
    } catch (BufferUnderflowException _) {
      throw truncated();
    }
  }

  public byte[] bytes() throws MalformedFrameException {
    byte[] value = new byte[count(1)];
    buffer.get(value);
    return value;
  }

  public String text() throws MalformedFrameException {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  public int[] int32s() throws MalformedFrameException {
    int[] values = new int[count(Integer.BYTES)];
    buffer.asIntBuffer().get(values);
    buffer.position(buffer.position() + values.length * Integer.BYTES);
    return values;
  }

  /** A number of items of at least {@code itemBytes} each, which must fit into what is left. */
  public int count(int itemBytes) throws MalformedFrameException {
    int count = int32();
    if (count < 0 || count > buffer.remaining() / itemBytes) {
      throw new MalformedFrameException(
          Integer.toUnsignedString(count) + " items in " + buffer.remaining() + " bytes");
    }
    return count;
  }

  public <T> T constant(T[] values) throws MalformedFrameException {
    int ordinal = int32();
    if (ordinal < 0 || ordinal >= values.length) {
      throw new MalformedFrameException("unknown constant " + ordinal);
    }
    return values[ordinal];
  }

  /** Nothing may follow. */
  public void end() throws MalformedFrameException {
    if (buffer.hasRemaining()) {
      throw new MalformedFrameException(buffer.remaining() + " bytes too many");
    }
  }

  private static MalformedFrameException truncated() {
    return new MalformedFrameException("payload ends too early");
  }
}
