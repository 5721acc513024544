package dev.baton.decode.generation;

import dev.baton.contracts.TokenEvent;

/** Where a generation's events go. Must not block. */
interface TokenSink {
  /** Takes an event; false where the reader has fallen too far behind. */
  boolean next(TokenEvent event);

  /** There are no more. */
  void complete();
}
