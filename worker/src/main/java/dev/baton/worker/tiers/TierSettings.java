package dev.baton.worker.tiers;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which tiers a worker has behind its pool.
 *
 * @param hostBytes of the tier in the host's memory, 0 for none
 * @param diskDirectory of the tier on disk, for this worker alone; null for none
 * @param diskBytes that the files there take at most
 * @param readTimeout longest time to read a prefix back; what is not there by then is computed
 */
public record TierSettings(
    long hostBytes, @Nullable Path diskDirectory, long diskBytes, Duration readTimeout) {
  /** The pool alone. */
  public static final TierSettings NONE = new TierSettings(0, null, 0, Duration.ofSeconds(2));
}
