package dev.baton.worker.runtime;

import dev.baton.contracts.RequestId;

/** Where a tier's work comes from. Called from any thread. */
public interface WorkSource {
  /** Whether work can reach this worker. */
  boolean connected();

  /** Requests accepted and not yet given to the engine loop. */
  int waiting();

  /** Nothing that was accepted is left to do. */
  boolean idle();

  /** Ends a request, known or yet to come. */
  void cancel(RequestId request);

  /** Takes no more; what was accepted goes on. */
  void stop();
}
