package dev.baton.router.placement;

import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerView;

/**
 * A worker as placement sees it.
 *
 * @param residentBlocks leading blocks of the prompt that it holds; 0 where unknown
 */
public record Candidate(WorkerView worker, int residentBlocks) {
  public WorkerId id() {
    return worker.registration().worker();
  }
}
