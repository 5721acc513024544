package dev.baton.router.http;

import java.nio.charset.StandardCharsets;

/** Frames of {@code text/event-stream}; data is JSON on one line. */
public final class SseFrames {
  private SseFrames() {}

  /** An unnamed event. */
  public static byte[] data(String json) {
    return ("data: " + json + "\n\n").getBytes(StandardCharsets.UTF_8);
  }

  public static byte[] event(String name, String json) {
    return ("event: " + name + "\ndata: " + json + "\n\n").getBytes(StandardCharsets.UTF_8);
  }
}
