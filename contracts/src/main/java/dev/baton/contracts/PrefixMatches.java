package dev.baton.contracts;

import java.util.Map;

/**
 * Longest resident prefix by lane, in blocks; lanes that hold nothing are absent.
 *
 * @param blocks key: lane number; value: leading blocks of the query that the lane's worker holds
 */
public record PrefixMatches(int version, Map<Integer, Integer> blocks) {
  public static final int VERSION = 1;

  public PrefixMatches {
    Checks.version("PrefixMatches", version, VERSION);
    blocks = Map.copyOf(blocks);
  }

  public int of(Lane lane) {
    return blocks.getOrDefault(lane.number(), 0);
  }
}
