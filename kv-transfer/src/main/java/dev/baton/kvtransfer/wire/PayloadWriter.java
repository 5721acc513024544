package dev.baton.kvtransfer.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Grows a frame. Texts and byte strings carry their length before them. */
public final class PayloadWriter {
  private ByteBuffer buffer = ByteBuffer.allocate(256).position(FrameHeader.BYTES);

  public PayloadWriter int32(int value) {
    room(Integer.BYTES).putInt(value);
    return this;
  }

  public PayloadWriter int64(long value) {
    room(Long.BYTES).putLong(value);
    return this;
  }

  public PayloadWriter bytes(byte[] value) {
    room(Integer.BYTES + value.length).putInt(value.length).put(value);
    return this;
  }

  public PayloadWriter text(String value) {
    return bytes(value.getBytes(StandardCharsets.UTF_8));
  }

  public PayloadWriter int32s(int[] values) {
    room(Integer.BYTES * (1 + values.length)).putInt(values.length);
    for (int value : values) {
      buffer.putInt(value);
    }
    return this;
  }

  /** The payload alone, for adverts. */
  public byte[] payload() {
    return Arrays.copyOfRange(buffer.array(), FrameHeader.BYTES, buffer.position());
  }

  ByteBuffer frame(byte type, int correlation, long epoch) {
    int length = buffer.position() - FrameHeader.BYTES;
    if (length > FrameHeader.MAX_CONTROL_PAYLOAD) {
      throw new IllegalArgumentException("message of " + length + " bytes does not fit a frame");
    }
    buffer.flip();
    new FrameHeader(type, length, correlation, epoch).put(buffer);
    return buffer.position(0);
  }

  private ByteBuffer room(int bytes) {
    if (buffer.remaining() < bytes) {
      int needed = buffer.position() + bytes;
      buffer =
          ByteBuffer.wrap(Arrays.copyOf(buffer.array(), Math.max(needed, 2 * buffer.capacity())))
              .position(buffer.position());
    }
    return buffer;
  }
}
