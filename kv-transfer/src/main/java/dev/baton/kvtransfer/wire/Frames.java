package dev.baton.kvtransfer.wire;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import jdk.net.ExtendedSocketOptions;

/**
 * Blocking frame input and output on one connection, for one reading and one writing thread.
 * Nothing here times out: whoever waits arms a timer that closes the channel.
 */
public final class Frames {
  private final SocketChannel channel;
  private final ByteBuffer header = ByteBuffer.allocateDirect(FrameHeader.BYTES);

  public Frames(SocketChannel channel) {
    this.channel = channel;
  }

  /** Options of every connection of the plane: no delay, and a vanished host shows in 20 s. */
  public static void tune(SocketChannel channel) throws IOException {
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    if (channel.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
      channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 5);
      channel.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 5);
      channel.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 3);
    }
  }

  /**
   * The next header.
   *
   * @throws EOFException when the other side closed the connection
   */
  public FrameHeader nextHeader() throws IOException {
    fill(header.clear());
    return FrameHeader.get(header.flip());
  }

  /** The message whose header was just read. */
  public Message message(FrameHeader frame) throws IOException {
    return message(frame, FrameHeader.MAX_CONTROL_PAYLOAD);
  }

  /** The same from somebody who may only send so much, as nobody knows who it is yet. */
  public Message message(FrameHeader frame, int maxPayload) throws IOException {
    if (frame.payloadLength() > maxPayload) {
      throw new MalformedFrameException("a message of " + frame.payloadLength() + " bytes here");
    }
    if (frame.type() == FrameHeader.DATA) {
      throw new MalformedFrameException("block data where a message was due");
    }
    ByteBuffer payload = ByteBuffer.allocate(frame.payloadLength());
    fill(payload);
    return MessageCodec.parse(frame, payload.flip());
  }

  /** Reads exactly what {@code buffer} has room for, straight into it. */
  public void fill(ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("connection closed by the other side");
      }
    }
  }

  public void write(ByteBuffer frame) throws IOException {
    while (frame.hasRemaining()) {
      channel.write(frame);
    }
  }

  /** Writes a data frame; the block goes from where it lies to the socket. */
  public void writeBlock(ByteBuffer dataHeader, ByteBuffer block) throws IOException {
    ByteBuffer[] parts = {dataHeader, block};
    while (block.hasRemaining()) {
      channel.write(parts);
    }
  }
}
