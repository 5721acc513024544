package dev.baton.router.generation;

import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.LaneRef;
import dev.baton.router.placement.Assigned;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;

/** What this router has under way, by worker and on the prefill tier. Thread-safe. */
@Component
class InFlight {
  private final Set<Work> works = ConcurrentHashMap.newKeySet();

  /** One attempt under way; equal to itself only. */
  final class Work implements AutoCloseable {
    private final String model;
    private final LaneRef worker;
    private final GenerationPath path;
    private final int promptTokens;
    private final int contextTokens;
    private volatile boolean prefilled;

    private Work(
        String model, LaneRef worker, GenerationPath path, int promptTokens, int contextTokens) {
      this.model = model;
      this.worker = worker;
      this.path = path;
      this.promptTokens = promptTokens;
      this.contextTokens = contextTokens;
    }

    /** The first token has come. */
    void prefilled() {
      prefilled = true;
    }

    @Override
    public void close() {
      works.remove(this);
    }

    private Assigned computes() {
      return prefilled ? Assigned.NONE : new Assigned(1, promptTokens, 0);
    }

    private Assigned holds() {
      return new Assigned(0, 0, contextTokens);
    }
  }

  /** By worker and on the prefill tier, at one moment. */
  record Snapshot(Map<LaneRef, Assigned> workers, Assigned prefillTier) {
    Assigned of(LaneRef worker) {
      return workers.getOrDefault(worker, Assigned.NONE);
    }
  }

  /**
   * @param promptTokens to be computed, on the worker or on the prefill tier as the path says
   * @param contextTokens whose KV the worker will hold
   */
  Work begin(
      String model, LaneRef worker, GenerationPath path, int promptTokens, int contextTokens) {
    Work work = new Work(model, worker, path, promptTokens, contextTokens);
    works.add(work);
    return work;
  }

  Snapshot snapshot(String model) {
    Map<LaneRef, Assigned> workers = new HashMap<>();
    Assigned prefillTier = Assigned.NONE;
    for (Work work : works) {
      Assigned onWorker = work.holds();
      switch (work.path) {
        case DECODE_LOCAL -> onWorker = onWorker.plus(work.computes());
        case DISAGGREGATED -> {
          if (work.model.equals(model)) {
            prefillTier = prefillTier.plus(work.computes());
          }
        }
      }
      workers.merge(work.worker, onWorker, Assigned::plus);
    }
    return new Snapshot(Map.copyOf(workers), prefillTier);
  }
}
