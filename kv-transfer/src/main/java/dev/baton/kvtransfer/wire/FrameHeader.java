package dev.baton.kvtransfer.wire;

import java.nio.ByteBuffer;

/**
 * The 24 bytes before every payload, big-endian: magic, type, three zeroes, payload length,
 * correlation, epoch.
 *
 * @param correlation of a control message: echoed in its answer; of a data frame: position of the
 *     block in the read that asked for it
 * @param epoch the holder's epoch that the message is meant for or comes from
 */
public record FrameHeader(byte type, int payloadLength, int correlation, long epoch) {
  public static final int BYTES = 24;

  /** Type of a frame whose payload is the bytes of one block. */
  public static final byte DATA = 1;

  /** Longest payload of any frame but {@link #DATA}. */
  public static final int MAX_CONTROL_PAYLOAD = 1 << 20;

  private static final int MAGIC = 0x424b5631; // "BKV1"

  public void put(ByteBuffer buffer) {
    buffer
        .putInt(MAGIC)
        .put(type)
        .put(new byte[3])
        .putInt(payloadLength)
        .putInt(correlation)
        .putLong(epoch);
  }

  /** Reads a header and checks everything that can be checked without knowing the state. */
  public static FrameHeader get(ByteBuffer buffer) throws MalformedFrameException {
    int magic = buffer.getInt();
    if (magic != MAGIC) {
      throw new MalformedFrameException("no frame starts with " + Integer.toHexString(magic));
    }
    byte type = buffer.get();
    if (buffer.get() != 0 || buffer.getShort() != 0) {
      throw new MalformedFrameException("reserved bytes are not zero");
    }
    int length = buffer.getInt();
    if (length < 0 || (type != DATA && length > MAX_CONTROL_PAYLOAD)) {
      throw new MalformedFrameException(
          "payload of " + Integer.toUnsignedString(length) + " bytes");
    }
    return new FrameHeader(type, length, buffer.getInt(), buffer.getLong());
  }
}
