package dev.baton.prefill.handoff;

import dev.baton.contracts.HandOff;
import java.util.concurrent.CompletionStage;

/** Where hand-offs go. */
@FunctionalInterface
public interface HandOffs {
  /** Sends to the lane of the target; completes once it cannot be lost any more. */
  CompletionStage<?> send(HandOff handOff);
}
