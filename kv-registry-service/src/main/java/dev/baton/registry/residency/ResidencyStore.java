package dev.baton.registry.residency;

import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.KvEvent;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.core.io.ClassPathResource;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;
import org.springframework.stereotype.Component;

/**
 * Writes the residency index in Redis: for each block a bitmap of slots, a slot being one telling
 * of what a lane's worker holds. The keys are described in {@code apply-events.lua}. Changes are
 * scripts that check and change in one step, so any number of registries may share one Redis and a
 * late or repeated event does no harm. Thread-safe.
 */
@Component
public class ResidencyStore {
  @SuppressWarnings("rawtypes")
  private static final RedisScript<List> APPLY = script("apply-events", List.class);

  private static final RedisScript<Long> RETIRE = script("retire-lane", Long.class);
  private static final RedisScript<Long> SWEEP = script("sweep-slots", Long.class);
  private static final RedisScript<Long> DUE = script("snapshot-due", Long.class);

  /** Blocks of one script call: a call holds Redis up for about a millisecond. */
  static final int BATCH = 1000;

  /** Events of one script call. */
  private static final int MOST_EVENTS = 250;

  private static final byte[] SWEEP_STEP = number(500);

  private final RedisTemplate<String, byte[]> redis;
  private final ResidencyProperties properties;

  public ResidencyStore(RedisTemplate<String, byte[]> binaryRedis, ResidencyProperties properties) {
    this.redis = binaryRedis;
    this.properties = properties;
  }

  /** What became of an event. */
  enum Outcome {
    APPLIED,
    /** It or a later one was applied before. */
    DUPLICATE,
    /** Another epoch has the lane. */
    STALE,
    /** Nobody has the lane. */
    UNLEASED
  }

  /**
   * What applying an event did.
   *
   * @param refused blocks beyond the bounds
   * @param gap whether an event before it is missing
   */
  record Applied(Outcome outcome, int refused, boolean gap) {}

  /**
   * Applies events in the order given, {@link #BATCH} blocks a step. A longer event counts as
   * applied with its last block.
   *
   * @return one for each event
   */
  List<Applied> apply(List<KvEvent> events) {
    List<Applied> applied = new ArrayList<>(events.size());
    Call call = new Call();
    for (KvEvent event : events) {
      BlockHashes hashes = hashes(event);
      int from = 0;
      do {
        if (call.isFull()) {
          call.run(applied);
        }
        int to = Math.min(hashes.size(), from + BATCH - call.blocks);
        call.add(event, hashes, from, to);
        from = to;
      } while (from < hashes.size());
    }
    call.run(applied);
    return applied;
  }

  /** The arguments of one script call as they come together. */
  private final class Call {
    private final List<byte[]> arguments = new ArrayList<>();
    private final List<Boolean> ends = new ArrayList<>();
    private int blocks;
    private int refusedBefore;

    boolean isFull() {
      return blocks >= BATCH || ends.size() >= MOST_EVENTS;
    }

    void add(KvEvent event, BlockHashes hashes, int from, int to) {
      if (arguments.isEmpty()) {
        arguments.add(number(properties.maxBlocksPerLane()));
        arguments.add(number(properties.maxBlocks()));
        arguments.add(number(properties.entryTtl().toMillis()));
      }
      boolean last = to == hashes.size();
      arguments.add(head(event, from, last));
      arguments.add(hashes.pack(from, to));
      ends.add(last);
      blocks += to - from;
    }

    /** Sends what has come together and begins anew. */
    void run(List<Applied> applied) {
      if (ends.isEmpty()) {
        return;
      }
      List<?> reply = redis.execute(APPLY, List.of(), arguments.toArray());
      for (int i = 0; i < ends.size(); i++) {
        refusedBefore += Math.toIntExact((Long) reply.get(3 * i + 1));
        if (ends.get(i)) {
          applied.add(
              new Applied(
                  outcome((byte[]) reply.get(3 * i)),
                  refusedBefore,
                  (Long) reply.get(3 * i + 2) == 1));
          refusedBefore = 0;
        }
      }
      arguments.clear();
      ends.clear();
      blocks = 0;
    }
  }

  private static Outcome outcome(byte[] word) {
    return switch (new String(word, StandardCharsets.US_ASCII)) {
      case "applied" -> Outcome.APPLIED;
      case "duplicate" -> Outcome.DUPLICATE;
      case "stale" -> Outcome.STALE;
      case "unleased" -> Outcome.UNLEASED;
      case String other -> throw new IllegalStateException("apply-events.lua answered " + other);
    };
  }

  private static byte[] head(KvEvent event, int from, boolean last) {
    String kind =
        switch (event) {
          case KvEvent.Stored _ -> "stored";
          case KvEvent.Dropped _ -> "dropped";
          case KvEvent.Snapshot _ -> "snapshot";
        };
    int part = event instanceof KvEvent.Snapshot snapshot ? snapshot.part() : 0;
    int parts = event instanceof KvEvent.Snapshot snapshot ? snapshot.parts() : 1;
    return bytes(
        event.source().lane().number()
            + " "
            + event.source().epoch().value()
            + " "
            + event.sequence()
            + " "
            + kind
            + " "
            + from
            + (last ? " 1 " : " 0 ")
            + part
            + " "
            + parts);
  }

  private static BlockHashes hashes(KvEvent event) {
    return switch (event) {
      case KvEvent.Stored stored -> stored.hashes();
      case KvEvent.Dropped dropped -> dropped.hashes();
      case KvEvent.Snapshot snapshot -> snapshot.hashes();
    };
  }

  /** Lanes that have entries which nobody may be told: without a lease, or unconfirmed too long. */
  Set<Lane> abandoned() {
    Set<Lane> lanes = new TreeSet<>();
    Map<?, ?> slots = redis.opsForHash().entries("baton:slots");
    for (Object owner : slots.values()) {
      String text = new String((byte[]) owner, StandardCharsets.US_ASCII);
      if (Character.isDigit(text.charAt(0))) {
        lanes.add(new Lane(Integer.parseInt(text)));
      }
    }
    lanes.removeIf(lane ->
        redis.hasKey("baton:lane:" + lane.number())
            && redis.hasKey("baton:believed:" + lane.number()));
    return lanes;
  }

  /** Leaves an abandoned lane's entries to the sweep; does nothing to one that is not. */
  boolean retire(Lane lane) {
    return redis.execute(RETIRE, List.of(), number(lane.number())) == 1;
  }

  /** One step of the sweep; returns whether more is to do. */
  boolean sweep() {
    return redis.execute(SWEEP, List.of(), SWEEP_STEP) == 1;
  }

  /** Whether the worker should be asked for a snapshot now; if so, it counts as asked. */
  public boolean snapshotDue(LaneRef worker, long published) {
    return redis.execute(
            DUE,
            List.of(),
            number(worker.lane().number()),
            number(worker.epoch().value()),
            number(published),
            number(properties.standstill().toMillis()),
            number(properties.resyncInterval().toMillis()),
            number(properties.confirmInterval().toMillis()))
        == 1;
  }

  private static <T> RedisScript<T> script(String name, Class<T> result) {
    return RedisScript.of(new ClassPathResource("redis/" + name + ".lua"), result);
  }

  private static byte[] number(long value) {
    return bytes(Long.toString(value));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
