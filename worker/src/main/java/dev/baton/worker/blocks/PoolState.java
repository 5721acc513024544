package dev.baton.worker.blocks;

/**
 * How the blocks of a pool are used; the three always add up to {@code total}.
 *
 * @param free without content
 * @param cached named and used by nobody: may be reused, or evicted
 * @param pinned used by at least one sequence, lease or transfer
 */
public record PoolState(int free, int cached, int pinned, int total) {
  /** Blocks that an allocation can get. */
  public int available() {
    return free + cached;
  }
}
