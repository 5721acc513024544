package dev.baton.router.placement;

import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerView;

/**
 * A worker as placement sees it.
 *
 * @param residentBlocks leading blocks of the prompt that it holds; 0 where unknown
 * @param assigned what this router has under way there
 */
public record Candidate(WorkerView worker, int residentBlocks, Assigned assigned) {
  /** With nothing of this router under way. */
  public Candidate(WorkerView worker, int residentBlocks) {
    this(worker, residentBlocks, Assigned.NONE);
  }

  public WorkerId id() {
    return worker.registration().worker();
  }

  /**
   * Resident blocks, each weighed by how soon it can be read where it is kept, 1 for the KV pool.
   * Workers report the blocks of their pool only, so that every one weighs 1.
   */
  double residentWorth() {
    return residentBlocks;
  }

  /** Prompt tokens to be computed before those of another request. */
  long queuedTokens() {
    return Math.max(worker.load().waitingTokens(), assigned.promptTokens());
  }

  /** Tokens whose KV is in use. */
  long runningTokens() {
    var registration = worker.registration();
    long used = Math.max(0, registration.capacityBlocks() - worker.load().freeBlocks());
    return Math.max(used * registration.layout().blockTokens(), assigned.contextTokens());
  }
}
