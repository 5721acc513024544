package dev.baton.router.placement;

/**
 * What this router has given to a worker, or to the prefill tier, and has not seen the end of. It
 * is known at once, where a worker's own report is as old as its last heartbeat.
 *
 * @param requests without a first token yet
 * @param promptTokens that those have still to compute
 * @param contextTokens of all requests, those that generate included
 */
public record Assigned(int requests, long promptTokens, long contextTokens) {
  public static final Assigned NONE = new Assigned(0, 0, 0);

  public Assigned plus(Assigned more) {
    return new Assigned(
        requests + more.requests,
        promptTokens + more.promptTokens,
        contextTokens + more.contextTokens);
  }
}
