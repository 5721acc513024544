package dev.baton.registry.residency;

import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.KvEvent;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.ClassPathResource;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.stereotype.Component;

/**
 * The residency index in Redis: for each block a bitmap of lanes, and for each lane the set of
 * blocks whose bit it set, which is what lets a lane be cleared. The keys are described in {@code
 * apply-event.lua}. Changes are scripts that check and change in one step, so any number of
 * registries may share one Redis and a late or repeated event does no harm. Thread-safe.
 */
@Component
public class ResidencyStore {
  @SuppressWarnings("rawtypes")
  private static final RedisScript<List> APPLY = script("apply-event", List.class);

  private static final RedisScript<Long> CLEAR = script("clear-lane", Long.class);
  private static final RedisScript<Long> DUE = script("snapshot-due", Long.class);

  private static final byte[] BLOCK = bytes("baton:block:");
  private static final byte[] BELIEVED = bytes("baton:believed");
  private static final byte[][] LEASES =
      IntStream.range(0, Lane.LIMIT)
          .mapToObj(lane -> bytes("baton:lane:" + lane))
          .toArray(byte[][]::new);
  private static final byte[][] HELD =
      IntStream.range(0, Lane.LIMIT)
          .mapToObj(lane -> bytes("baton:held:" + lane))
          .toArray(byte[][]::new);

  /** Blocks of one script call: a call holds Redis up for about 2 ms. */
  static final int BATCH = 1000;

  private static final RedisSerializer<byte[]> RAW = RedisSerializer.byteArray();

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
   * @param refused blocks beyond the lane's bound
   * @param gap whether an event before it is missing
   */
  record Applied(Outcome outcome, int refused, boolean gap) {}

  /** Applies an event in steps of {@link #BATCH} blocks; it counts as applied with the last. */
  Applied apply(KvEvent event) {
    BlockHashes hashes = hashes(event);
    int refused = 0;
    int from = 0;
    while (true) {
      int to = Math.min(hashes.size(), from + BATCH);
      List<?> reply = redis.execute(APPLY, List.of(), arguments(event, from, to));
      String outcome = new String((byte[]) reply.get(0), StandardCharsets.US_ASCII);
      if (outcome.equals("clear")) {
        clear(event.source().lane(), event.source().epoch().value());
        continue;
      }
      refused += Math.toIntExact((Long) reply.get(1));
      boolean applied = outcome.equals("applied");
      if (!applied || to == hashes.size()) {
        return new Applied(
            switch (outcome) {
              case "applied" -> Outcome.APPLIED;
              case "duplicate" -> Outcome.DUPLICATE;
              case "stale" -> Outcome.STALE;
              case "unleased" -> Outcome.UNLEASED;
              default -> throw new IllegalStateException("apply-event.lua answered " + outcome);
            },
            refused,
            (Long) reply.get(2) == 1);
      }
      from = to;
    }
  }

  private Object[] arguments(KvEvent event, int from, int to) {
    BlockHashes hashes = hashes(event);
    int part = event instanceof KvEvent.Snapshot snapshot ? snapshot.part() : 0;
    int parts = event instanceof KvEvent.Snapshot snapshot ? snapshot.parts() : 1;
    String kind =
        switch (event) {
          case KvEvent.Stored _ -> "stored";
          case KvEvent.Dropped _ -> "dropped";
          case KvEvent.Snapshot _ -> "snapshot";
        };
    byte[][] head = {
      number(event.source().lane().number()),
      number(event.source().epoch().value()),
      number(event.sequence()),
      bytes(kind),
      number(from == 0 ? 1 : 0),
      number(to == hashes.size() ? 1 : 0),
      number(part),
      number(parts),
      number(properties.maxBlocksPerLane())
    };
    Object[] arguments = Arrays.copyOf(head, head.length + to - from, Object[].class);
    for (int i = from; i < to; i++) {
      arguments[head.length + i - from] = hashes.get(i).pack();
    }
    return arguments;
  }

  private static BlockHashes hashes(KvEvent event) {
    return switch (event) {
      case KvEvent.Stored stored -> stored.hashes();
      case KvEvent.Dropped dropped -> dropped.hashes();
      case KvEvent.Snapshot snapshot -> snapshot.hashes();
    };
  }

  /** Clears a lane that has no lease; does nothing to one that has. */
  void clearOrphan(Lane lane) {
    clear(lane, 0);
  }

  private void clear(Lane lane, long epoch) {
    Object[] arguments = {number(lane.number()), number(epoch), number(BATCH)};
    while (redis.execute(CLEAR, List.of(), arguments) == 1) {
      // More is left.
    }
  }

  /** Lanes that have entries and no lease. */
  List<Lane> orphans() {
    List<Object> replies =
        pipelined(connection -> {
          connection.stringCommands().mGet(LEASES);
          for (byte[] held : HELD) {
            connection.setCommands().sCard(held);
          }
        });
    List<?> leases = (List<?>) replies.getFirst();
    return IntStream.range(0, Lane.LIMIT)
        .filter(lane -> leases.get(lane) == null && !replies.get(lane + 1).equals(0L))
        .mapToObj(Lane::new)
        .toList();
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
            number(properties.resyncInterval().toMillis()))
        == 1;
  }

  /**
   * What a prefix query needs, read in one round trip.
   *
   * @param believed lanes whose bits belong to the worker that has the lease, bit {@code n} for
   *     lane {@code n}
   * @param bitmaps for each block the lanes that hold it
   */
  record Holders(long believed, long[] bitmaps) {}

  Holders holders(BlockHashes hashes) {
    byte[][] keys = new byte[hashes.size()][];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = block(hashes.get(i).pack());
    }
    List<Object> replies =
        pipelined(connection -> {
          connection.stringCommands().mGet(LEASES);
          connection.hashCommands().hGetAll(BELIEVED);
          if (keys.length > 0) {
            connection.stringCommands().mGet(keys);
          }
        });
    long[] bitmaps = new long[keys.length];
    for (int i = 0; i < bitmaps.length; i++) {
      bitmaps[i] = bitmap((byte[]) ((List<?>) replies.get(2)).get(i));
    }
    return new Holders(believed((List<?>) replies.get(0), (Map<?, ?>) replies.get(1)), bitmaps);
  }

  private static long believed(List<?> leases, Map<?, ?> epochs) {
    long lanes = 0;
    for (Map.Entry<?, ?> entry : epochs.entrySet()) {
      int lane = Integer.parseInt(text(entry.getKey()));
      Object lease = leases.get(lane);
      if (lease != null && text(lease).startsWith(text(entry.getValue()) + " ")) {
        lanes |= 1L << lane;
      }
    }
    return lanes;
  }

  /** Redis numbers bits from the most significant bit of the first byte. */
  private static long bitmap(byte @Nullable [] value) {
    long lanes = 0;
    for (int i = 0; value != null && i < value.length && i < Long.BYTES; i++) {
      lanes |= Integer.toUnsignedLong(Integer.reverse(value[i] & 0xff) >>> 24) << (8 * i);
    }
    return lanes;
  }

  private List<Object> pipelined(Consumer<RedisConnection> commands) {
    return redis.executePipelined(
        (RedisCallback<@Nullable Object>)
            connection -> {
              commands.accept(connection);
              return null;
            },
        RAW);
  }

  private static <T> RedisScript<T> script(String name, Class<T> result) {
    return RedisScript.of(new ClassPathResource("redis/" + name + ".lua"), result);
  }

  private static byte[] block(byte[] hash) {
    byte[] key = Arrays.copyOf(BLOCK, BLOCK.length + hash.length);
    System.arraycopy(hash, 0, key, BLOCK.length, hash.length);
    return key;
  }

  private static String text(Object bytes) {
    return new String((byte[]) bytes, StandardCharsets.UTF_8);
  }

  private static byte[] number(long value) {
    return bytes(Long.toString(value));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
