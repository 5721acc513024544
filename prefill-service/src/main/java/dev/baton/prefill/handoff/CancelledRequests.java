package dev.baton.prefill.handoff;

import dev.baton.contracts.RequestId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The requests that were cancelled last, should one of them still come. Bounded; thread-safe. */
final class CancelledRequests {
  private static final int MOST = 10_000;

  private final Set<RequestId> requests =
      Collections.synchronizedSet(
          Collections.newSetFromMap(
              new LinkedHashMap<>() {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<RequestId, Boolean> eldest) {
                  return size() > MOST;
                }
              }));

  void add(RequestId request) {
    requests.add(request);
  }

  boolean contains(RequestId request) {
    return requests.contains(request);
  }
}
