package dev.baton.router.generation;

import java.util.Locale;

/** How a request ended, as metrics, records and explanations name it. */
enum Outcome {
  COMPLETED,
  /** The client went away. */
  CANCELLED,
  FAILED,
  /** Never admitted. */
  REJECTED;

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
