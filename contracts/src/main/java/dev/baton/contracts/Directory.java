package dev.baton.contracts;

import java.util.List;

/** Every worker with a live lease. */
public record Directory(int version, List<WorkerView> workers) {
  public static final int VERSION = 1;

  public Directory {
    Checks.version("Directory", version, VERSION);
    workers = List.copyOf(workers);
  }
}
