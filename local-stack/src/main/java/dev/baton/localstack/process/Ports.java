package dev.baton.localstack.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Free TCP ports of the loopback address. */
public final class Ports {
  private static final int FIRST = 20_000;
  private static final int LAST = 32_000;
  private static final int ATTEMPTS = 200;

  private Ports() {}

  /**
   * A port that nothing listens on now. It is drawn from below the range that the kernel gives to
   * outgoing connections, so that it stays free until its process binds it.
   */
  public static int free() {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
      if (isFree(port)) {
        return port;
      }
    }
    throw new IllegalStateException(
        "no free port between %d and %d after %d attempts".formatted(FIRST, LAST, ATTEMPTS));
  }

  /** {@code wanted}, or a free port when it is 0. */
  public static int orFree(int wanted) {
    return wanted == 0 ? free() : wanted;
  }

  public static boolean isFree(int port) {
    try (ServerSocket any = new ServerSocket();
        ServerSocket loopback = new ServerSocket()) {
      any.bind(new InetSocketAddress(port));
      any.close();
      loopback.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }
}
