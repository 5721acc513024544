package dev.baton.kvtransfer;

import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.RequestId;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * The worker's block pool, as the plane asks it. Called on threads of the plane; an implementation
 * hands over to the thread that owns the pool and completes the stage from there, which never
 * blocks that thread.
 */
@FunctionalInterface
public interface BlockSource {
  /**
   * Pins the longest resident prefix of {@code hashes} and names its blocks with their digests. The
   * plane opens a lease on them; the {@link dev.baton.kvtransfer.lease.LeaseListener} hears when
   * the pins can go.
   *
   * @param beyond to be done as soon as more than so many of the blocks are resident
   * @param wait or after this time, with what there is then
   */
  CompletionStage<BlockRefs> pin(RequestId request, BlockHashes hashes, int beyond, Duration wait);
}
