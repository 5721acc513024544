package dev.baton.registry.residency;

import dev.baton.contracts.Lane;
import dev.baton.contracts.PrefixMatches;
import java.util.HashMap;
import java.util.Map;

/**
 * The longest prefix of each lane, block by block: an AND over bitmaps of up to 128 slots, as Redis
 * writes them (bit 0 is the most significant bit of the first byte). One owner.
 */
final class PrefixWalk {
  static final byte[] NOBODY = {};
  private static final int SLOTS = 2 * Long.SIZE;

  private final int[] laneOf = new int[SLOTS];
  private final int[] blocks = new int[Lane.LIMIT];
  private long low;
  private long high;
  private int walked;

  /** Lets a lane take part, by its slot. */
  void begin(int lane, int slot) {
    laneOf[slot] = lane;
    if (slot < Long.SIZE) {
      low |= Long.MIN_VALUE >>> slot;
    } else {
      high |= Long.MIN_VALUE >>> slot;
    }
  }

  /** The next block's holders. */
  void next(byte[] bitmap) {
    walked++;
    long keptLow = low & word(bitmap, 0);
    long keptHigh = high & word(bitmap, Long.BYTES);
    leave(low & ~keptLow, 0);
    leave(high & ~keptHigh, Long.SIZE);
    low = keptLow;
    high = keptHigh;
  }

  /** Notes how far those came that do not hold the last block. */
  private void leave(long left, int firstSlot) {
    for (long rest = left; rest != 0; rest &= ~Long.highestOneBit(rest)) {
      blocks[laneOf[firstSlot + Long.numberOfLeadingZeros(rest)]] = walked - 1;
    }
  }

  private static long word(byte[] bitmap, int from) {
    long word = 0;
    for (int i = from; i < bitmap.length && i < from + Long.BYTES; i++) {
      word |= (bitmap[i] & 0xffL) << (Long.SIZE - Byte.SIZE * (i - from + 1));
    }
    return word;
  }

  /** Whether no lane is left. */
  boolean isOver() {
    return (low | high) == 0;
  }

  /** What every lane holds, when the walk has ended. */
  PrefixMatches matches() {
    walked++;
    leave(low, 0);
    leave(high, Long.SIZE);
    low = 0;
    high = 0;
    Map<Integer, Integer> longest = new HashMap<>();
    for (int lane = 0; lane < Lane.LIMIT; lane++) {
      if (blocks[lane] > 0) {
        longest.put(lane, blocks[lane]);
      }
    }
    return new PrefixMatches(PrefixMatches.VERSION, longest);
  }
}
