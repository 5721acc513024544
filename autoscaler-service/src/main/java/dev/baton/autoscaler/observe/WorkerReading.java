package dev.baton.autoscaler.observe;

import dev.baton.contracts.Directory;
import dev.baton.contracts.Role;
import dev.baton.contracts.WorkerState;
import dev.baton.contracts.WorkerView;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The workers of both tiers that take new work. One that drains is on its way out: neither its
 * capacity nor what it still finishes counts. One that does both jobs is a decode worker here.
 */
record WorkerReading(List<WorkerView> prefill, List<WorkerView> decode) {
  static WorkerReading of(Directory directory) {
    List<WorkerView> ready =
        directory.workers().stream().filter(view -> view.state() == WorkerState.READY).toList();
    return new WorkerReading(
        ready.stream().filter(view -> view.registration().role() == Role.PREFILL).toList(),
        ready.stream().filter(view -> view.registration().role().decodes()).toList());
  }

  /** Mean measured rate of the prefill workers that have one. */
  OptionalDouble prefillTokensPerSecond() {
    return prefill.stream()
        .mapToDouble(view -> view.load().prefillTokensPerSecond())
        .filter(rate -> rate > 0 && Double.isFinite(rate))
        .average();
  }

  int running() {
    return decode.stream().mapToInt(view -> view.load().runningSequences()).sum();
  }

  int waiting() {
    return decode.stream().mapToInt(view -> view.load().waitingRequests()).sum();
  }

  long usedBlocks() {
    return decode.stream()
        .mapToLong(
            view -> Math.max(0, view.registration().capacityBlocks() - view.load().freeBlocks()))
        .sum();
  }

  long capacityBlocks() {
    return decode.stream().mapToLong(view -> view.registration().capacityBlocks()).sum();
  }
}
