package dev.baton.router.text;

import java.util.List;

/**
 * Finds stop strings in text that comes in pieces. Text that may be the beginning of a stop string
 * waits until it is clear; neither the stop string nor anything after it is ever emitted. One
 * owner.
 */
final class StopMatcher {
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean stopped;

  StopMatcher(List<String> stops) {
    this.stops = List.copyOf(stops);
  }

  /** Text that may be shown now. */
  String accept(String piece) {
    if (stopped) {
      return "";
    }
    held.append(piece);
    int found = -1;
    for (String stop : stops) {
      int at = held.indexOf(stop);
      if (at >= 0 && (found < 0 || at < found)) {
        found = at;
      }
    }
    if (found >= 0) {
      stopped = true;
      return take(found);
    }
    return take(held.length() - openLength());
  }

  /** The held text, once no more will come. */
  String finish() {
    return stopped ? "" : take(held.length());
  }

  boolean stopped() {
    return stopped;
  }

  /** Length of the longest end of the held text that begins a stop string. */
  private int openLength() {
    int longest = 0;
    for (String stop : stops) {
      for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
        if (stop.startsWith(held.substring(held.length() - n))) {
          longest = n;
        }
      }
    }
    return longest;
  }

  private String take(int length) {
    String text = held.substring(0, length);
    held.delete(0, length);
    return text;
  }
}
