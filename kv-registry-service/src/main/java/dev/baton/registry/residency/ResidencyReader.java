package dev.baton.registry.residency;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.Lane;
import io.lettuce.core.KeyValue;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * Reads the residency index: one MGET for up to {@link #STEP} blocks, on the shared connection and
 * without a thread that waits. Thread-safe.
 */
@Component
class ResidencyReader {
  /** Blocks of one MGET, so that a long prompt holds up nobody else for long. */
  static final int STEP = 1024;

  private static final byte[][] LANES =
      Stream.of("baton:lane:", "baton:believed:")
          .flatMap(prefix -> IntStream.range(0, Lane.LIMIT).mapToObj(lane -> prefix + lane))
          .map(key -> key.getBytes(StandardCharsets.US_ASCII))
          .toArray(byte[][]::new);

  private final RedisTemplate<String, byte[]> redis;

  ResidencyReader(RedisTemplate<String, byte[]> binaryRedis) {
    this.redis = binaryRedis;
  }

  /** Walks the blocks until no worker holds all of them so far. */
  Mono<PrefixWalk> walk(BlockHashes hashes) {
    int to = Math.min(hashes.size(), STEP);
    return read(keys(LANES, hashes, 0, to))
        .flatMap(values -> {
          PrefixWalk walk = new PrefixWalk();
          for (int lane = 0; lane < Lane.LIMIT; lane++) {
            believe(walk, lane, text(values.get(lane)), text(values.get(Lane.LIMIT + lane)));
          }
          return goOn(walk, hashes, to, values.subList(LANES.length, values.size()));
        });
  }

  private Mono<PrefixWalk> goOn(
      PrefixWalk walk, BlockHashes hashes, int from, List<KeyValue<byte[], byte[]>> bitmaps) {
    for (KeyValue<byte[], byte[]> bitmap : bitmaps) {
      walk.next(bitmap.getValueOrElse(PrefixWalk.NOBODY));
    }
    if (from == hashes.size() || walk.isOver()) {
      return Mono.just(walk);
    }
    int to = Math.min(hashes.size(), from + STEP);
    return read(keys(new byte[0][], hashes, from, to))
        .flatMap(more -> goOn(walk, hashes, to, more));
  }

  /** A lane's bits count while the epoch that told them has the lease. */
  private static void believe(
      PrefixWalk walk, int lane, @Nullable String lease, @Nullable String believed) {
    if (lease == null || believed == null) {
      return;
    }
    int end = believed.indexOf(' ') + 1;
    if (lease.startsWith(believed.substring(0, end))) {
      walk.begin(lane, Integer.parseInt(believed.substring(end)));
    }
  }

  private Mono<List<KeyValue<byte[], byte[]>>> read(byte[][] keys) {
    return Mono.fromCompletionStage(() ->
        redis.execute(
            (RedisCallback<CompletionStage<List<KeyValue<byte[], byte[]>>>>)
                connection -> commands(connection.getNativeConnection()).mget(keys)));
  }

  @SuppressWarnings("unchecked")
  private static RedisClusterAsyncCommands<byte[], byte[]> commands(Object nativeConnection) {
    return (RedisClusterAsyncCommands<byte[], byte[]>) nativeConnection;
  }

  private static byte[][] keys(byte[][] before, BlockHashes hashes, int from, int to) {
    byte[] packed = hashes.pack(from, to);
    byte[][] keys = new byte[before.length + to - from][];
    System.arraycopy(before, 0, keys, 0, before.length);
    for (int i = 0; i < to - from; i++) {
      byte[] key = new byte[1 + BlockHash.BYTES];
      key[0] = '#';
      System.arraycopy(packed, i * BlockHash.BYTES, key, 1, BlockHash.BYTES);
      keys[before.length + i] = key;
    }
    return keys;
  }

  private static @Nullable String text(KeyValue<byte[], byte[]> value) {
    return value.hasValue() ? new String(value.getValue(), StandardCharsets.UTF_8) : null;
  }
}
