package dev.baton.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * The small integer that a worker leases while it lives: its bit in residency bitmaps and, for a
 * decode worker, its partition of {@link Topics#KV_HANDLES}.
 */
public record Lane(@JsonValue int number) implements Comparable<Lane> {
  /** Lanes are 0 … LIMIT − 1; the handle topic has as many partitions. */
  public static final int LIMIT = 64;

  @JsonCreator
  public Lane {
    Checks.range("lane", number, 0, LIMIT - 1);
  }

  @Override
  public int compareTo(Lane other) {
    return Integer.compare(number, other.number);
  }
}
