package dev.baton.kvtransfer.wire;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Frames on their way out of a control connection. Any thread may offer, none waits: one virtual
 * thread writes. A peer that does not read fills the box, and then its connection closes.
 */
public final class Outbox implements Closeable {
  private static final int CAPACITY = 1024;

  private final BlockingQueue<ByteBuffer> queue = new ArrayBlockingQueue<>(CAPACITY);
  private final Frames frames;
  private final Runnable closeConnection;
  private final Thread writer;

  public Outbox(Frames frames, String name, Runnable closeConnection) {
    this.frames = frames;
    this.closeConnection = closeConnection;
    this.writer = Thread.ofVirtual().name(name + "-writer").unstarted(this::drain);
    writer.start();
  }

  /** Hands a frame over; false, and the connection closes, if the box is full or closed. */
  public boolean offer(ByteBuffer frame) {
    if (writer.isAlive() && queue.offer(frame)) {
      return true;
    }
    closeConnection.run();
    return false;
  }

  private void drain() {
    try {
      while (true) {
        frames.write(queue.take());
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (IOException _) {
      // The reading thread of the connection sees and reports the same failure.
      closeConnection.run();
    }
  }

  @Override
  public void close() {
    writer.interrupt();
  }
}
