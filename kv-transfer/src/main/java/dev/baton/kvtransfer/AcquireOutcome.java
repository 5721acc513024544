package dev.baton.kvtransfer;

import dev.baton.contracts.BlockRefs;
import java.time.Duration;

/** What came of {@link Peer#acquire}. */
public sealed interface AcquireOutcome permits AcquireOutcome.Acquired, PeerFailure {
  /**
   * @param leaseId covers {@code blocks} for {@code ttl} from when the holder answered
   * @param blocks the longest resident prefix of what was asked for; empty: nothing resident and
   *     nothing to release
   */
  record Acquired(long leaseId, Duration ttl, BlockRefs blocks) implements AcquireOutcome {}
}
