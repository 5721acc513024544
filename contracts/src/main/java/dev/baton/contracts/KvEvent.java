package dev.baton.contracts;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/**
 * A change of what a worker holds. Events of one worker and epoch are numbered without gaps from 1;
 * a reader that sees a gap asks for a {@link Snapshot}.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = KvEvent.Stored.class, name = "stored"),
  @JsonSubTypes.Type(value = KvEvent.Dropped.class, name = "dropped"),
  @JsonSubTypes.Type(value = KvEvent.Snapshot.class, name = "snapshot")
})
public sealed interface KvEvent {
  int VERSION = 1;

  int version();

  LaneRef source();

  long sequence();

  /** Blocks that became readable. */
  record Stored(int version, LaneRef source, long sequence, BlockHashes hashes) implements KvEvent {
    public Stored {
      Checks.version("KvEvent", version, VERSION);
    }
  }

  /** Blocks that were evicted. */
  record Dropped(int version, LaneRef source, long sequence, BlockHashes hashes)
      implements KvEvent {
    public Dropped {
      Checks.version("KvEvent", version, VERSION);
    }
  }

  /**
   * Everything that the worker holds, in parts: part 0 replaces all that was known, the others add.
   * Each part has a sequence number of its own.
   */
  record Snapshot(
      int version, LaneRef source, long sequence, int part, int parts, BlockHashes hashes)
      implements KvEvent {
    public Snapshot {
      Checks.version("KvEvent", version, VERSION);
      Checks.range("part", part, 0, parts - 1L);
    }
  }
}
