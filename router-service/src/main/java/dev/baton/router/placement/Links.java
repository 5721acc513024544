package dev.baton.router.placement;

import dev.baton.contracts.LinkRate;
import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerView;
import java.util.Collection;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/** Measured rates of reading KV blocks, bytes/s. Pure. */
final class Links {
  private Links() {}

  /** Mean over what the reader has measured from any of the holders; empty where it has not. */
  static OptionalDouble measured(WorkerView reader, Set<WorkerId> holders) {
    return reader.load().links().stream()
        .filter(link -> holders.contains(link.peer()))
        .mapToDouble(LinkRate::bytesPerSecond)
        .average();
  }

  /** The best guess where the pair may be new: what these workers have measured from anybody. */
  static OptionalDouble anywhere(Collection<Candidate> workers) {
    return workers.stream()
        .map(c -> c.worker().load().links())
        .flatMap(List::stream)
        .mapToDouble(LinkRate::bytesPerSecond)
        .average();
  }
}
