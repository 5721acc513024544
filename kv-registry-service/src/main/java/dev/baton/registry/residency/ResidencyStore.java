package dev.baton.registry.residency;

import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.Lane;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.stereotype.Component;

/**
 * The residency index in Redis: for each block a bitmap of lanes, and for each lane the set of
 * blocks whose bit it set, which is what lets a lane be cleared. Thread-safe for different lanes;
 * the events of one lane come on one thread.
 *
 * <p>{@code baton:block:<hash>} is the bitmap, {@code baton:held:<lane>} the set, and {@code
 * baton:residency:<lane>} says which epoch the lane's bits belong to and up to which event.
 */
@Component
public class ResidencyStore {
  private static final byte[] BLOCK = bytes("baton:block:");
  private static final byte[] EPOCH = bytes("epoch");
  private static final byte[] SEQUENCE = bytes("sequence");
  private static final byte[] COMPLETE = bytes("complete");
  private static final int BATCH = 512;

  private final RedisTemplate<String, byte[]> redis;
  private final ResidencyProperties properties;

  public ResidencyStore(RedisTemplate<String, byte[]> binaryRedis, ResidencyProperties properties) {
    this.redis = binaryRedis;
    this.properties = properties;
  }

  /**
   * How far the index has followed a lane.
   *
   * @param epoch the epoch that the lane's bits belong to; 0 where nothing is known
   * @param sequence the last event applied
   * @param complete whether no event before it was missed
   */
  public record Progress(long epoch, long sequence, boolean complete) {
    static final Progress NONE = new Progress(0, 0, false);
  }

  public Progress progress(Lane lane) {
    return progress(List.of(lane)).getFirst();
  }

  /** In the order of {@code lanes}. */
  public List<Progress> progress(List<Lane> lanes) {
    List<Object> replies =
        pipelined(connection ->
            lanes.forEach(
                lane -> connection.hashCommands().hMGet(state(lane), EPOCH, SEQUENCE, COMPLETE)));
    return replies.stream().map(ResidencyStore::parse).toList();
  }

  private static Progress parse(Object reply) {
    List<?> fields = (List<?>) reply;
    if (fields.get(0) == null || fields.get(1) == null) {
      return Progress.NONE;
    }
    return new Progress(
        number(fields.get(0)),
        number(fields.get(1)),
        fields.get(2) instanceof byte[] flag && number(flag) == 1);
  }

  void record(Lane lane, Progress progress) {
    byte[] key = state(lane);
    pipelined(connection ->
        connection
            .hashCommands()
            .hMSet(
                key,
                Map.of(
                    EPOCH, bytes(Long.toString(progress.epoch())),
                    SEQUENCE, bytes(Long.toString(progress.sequence())),
                    COMPLETE, bytes(progress.complete() ? "1" : "0"))));
  }

  /** Sets the lane's bit of each block; returns how many were beyond the lane's bound. */
  int add(Lane lane, BlockHashes hashes) {
    byte[] held = held(lane);
    Long size = redis.execute((RedisCallback<Long>) c -> c.setCommands().sCard(held));
    long room = Math.max(0, properties.maxBlocksPerLane() - (size == null ? 0 : size));
    int accepted = (int) Math.min(hashes.size(), room);
    for (int from = 0; from < accepted; from += BATCH) {
      int start = from;
      int end = Math.min(accepted, from + BATCH);
      pipelined(connection -> {
        for (int i = start; i < end; i++) {
          byte[] hash = hashes.get(i).pack();
          connection.stringCommands().setBit(block(hash), lane.number(), true);
          connection.keyCommands().pExpire(block(hash), properties.blockTtl().toMillis());
          connection.setCommands().sAdd(held, hash);
        }
      });
    }
    return hashes.size() - accepted;
  }

  void remove(Lane lane, BlockHashes hashes) {
    byte[] held = held(lane);
    for (int from = 0; from < hashes.size(); from += BATCH) {
      int start = from;
      int end = Math.min(hashes.size(), from + BATCH);
      pipelined(connection -> {
        for (int i = start; i < end; i++) {
          byte[] hash = hashes.get(i).pack();
          connection.stringCommands().setBit(block(hash), lane.number(), false);
          connection.setCommands().sRem(held, hash);
        }
      });
    }
  }

  /** Clears every bit of the lane. */
  void clear(Lane lane) {
    byte[] held = held(lane);
    while (true) {
      List<byte[]> some =
          redis.execute((RedisCallback<List<byte[]>>) c -> c.setCommands().sPop(held, BATCH));
      if (some == null || some.isEmpty()) {
        return;
      }
      pipelined(connection ->
          some.forEach(
              hash -> connection.stringCommands().setBit(block(hash), lane.number(), false)));
    }
  }

  /** The bitmap of each block, bit {@code n} for lane {@code n}; 0 where nobody holds it. */
  long[] bitmaps(BlockHashes hashes, int from, int to) {
    byte[][] keys = new byte[to - from][];
    for (int i = from; i < to; i++) {
      keys[i - from] = block(hashes.get(i).pack());
    }
    List<byte[]> values =
        redis.execute((RedisCallback<List<byte[]>>) c -> c.stringCommands().mGet(keys));
    long[] bitmaps = new long[keys.length];
    for (int i = 0; values != null && i < bitmaps.length; i++) {
      bitmaps[i] = bitmap(values.get(i));
    }
    return bitmaps;
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

  private static final RedisSerializer<byte[]> RAW = RedisSerializer.byteArray();

  private static long number(Object bytes) {
    return Long.parseLong(new String((byte[]) bytes, StandardCharsets.US_ASCII));
  }

  private static byte[] block(byte[] hash) {
    byte[] key = Arrays.copyOf(BLOCK, BLOCK.length + hash.length);
    System.arraycopy(hash, 0, key, BLOCK.length, hash.length);
    return key;
  }

  private static byte[] held(Lane lane) {
    return bytes("baton:held:" + lane.number());
  }

  private static byte[] state(Lane lane) {
    return bytes("baton:residency:" + lane.number());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
