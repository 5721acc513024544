package dev.baton.worker.tiers;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a worker keeps blocks that nobody uses.
 *
 * @param tenantShare of the pool, beyond which cached blocks of a tenant are evicted before others'
 * @param hostBytes of the tier in the host's memory, 0 for none
 * @param diskDirectory of the tier on disk, for this worker alone; null for none
 * @param diskBytes that the blocks there take at most
 * @param readTimeout longest time to read a prefix back; what is not there by then is computed
 */
public record CacheSettings(
    double tenantShare,
    long hostBytes,
    @Nullable Path diskDirectory,
    long diskBytes,
    Duration readTimeout) {
  /** The pool alone, without a quota. */
  public static final CacheSettings POOL_ONLY =
      new CacheSettings(1, 0, null, 0, Duration.ofSeconds(2));

  /** Blocks of a pool of that many. */
  public int tenantQuota(int blocks) {
    return (int) Math.max(1, Math.round(blocks * tenantShare));
  }
}
