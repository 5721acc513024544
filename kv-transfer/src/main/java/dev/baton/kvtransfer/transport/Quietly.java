package dev.baton.kvtransfer.transport;

import java.io.Closeable;
import java.io.IOException;

/** Closes what is given up anyway. */
public final class Quietly {
  private Quietly() {}

  public static void close(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException _) {
      // Nothing follows from it: the connection or file is not used again.
    }
  }
}
