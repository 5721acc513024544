package dev.baton.kvtransfer.lease;

import dev.baton.contracts.RequestId;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The leases that peers hold on blocks of this worker. A lease pins its blocks: the worker pins
 * them before it opens the lease and unpins them when the listener says that the lease ended. Safe
 * for use by all threads.
 */
public final class LeaseBook {
  private final InstantSource clock;
  private final LeaseListener listener;
  private final SecureRandom ids = new SecureRandom();
  private final Map<Long, Lease> leases = new ConcurrentHashMap<>();

  public LeaseBook(InstantSource clock, LeaseListener listener) {
    this.clock = clock;
    this.listener = listener;
  }

  /** Opens a lease on blocks that are pinned already; ids may repeat. */
  public Granted open(RequestId request, int[] blockIds, Duration ttl) {
    Instant expiresAt = clock.instant().plus(ttl);
    int[] blocks = blockIds.clone();
    BitSet covered = new BitSet();
    for (int block : blocks) {
      covered.set(block);
    }
    while (true) {
      // Unguessable, so that a stray reader cannot hit a live lease by counting.
      long id = ids.nextLong() & Long.MAX_VALUE;
      if (leases.putIfAbsent(id, new Lease(request, blocks, covered, ttl, expiresAt)) == null) {
        return new Granted(id, expiresAt);
      }
    }
  }

  /** Prolongs a live lease by its time to live, which is returned; empty if there is none. */
  public Optional<Duration> renew(long leaseId) {
    Instant now = clock.instant();
    Lease renewed =
        leases.computeIfPresent(
            leaseId, (id, lease) -> lease.liveAt(now) ? lease.until(now.plus(lease.ttl)) : lease);
    return renewed != null && renewed.liveAt(now) ? Optional.of(renewed.ttl) : Optional.empty();
  }

  /** Ends a lease; false if it had ended before. */
  public boolean release(long leaseId) {
    return end(leaseId, LeaseEnd.RELEASED);
  }

  /** Ends every lease whose time has passed and says how many. */
  public int sweep() {
    Instant now = clock.instant();
    List<Long> expired = new ArrayList<>();
    leases.forEach((id, lease) -> {
      if (!lease.liveAt(now)) {
        expired.add(id);
      }
    });
    int ended = 0;
    for (long id : expired) {
      ended += endExpired(id, now) ? 1 : 0;
    }
    return ended;
  }

  /** Ends all leases, as when the holder's epoch ends. */
  public void revokeAll() {
    for (long id : List.copyOf(leases.keySet())) {
      end(id, LeaseEnd.REVOKED);
    }
  }

  /** Whether the lease lives. */
  public boolean live(long leaseId) {
    Lease lease = leases.get(leaseId);
    return lease != null && lease.liveAt(clock.instant());
  }

  /** Whether the lease covers the block, live or not. */
  public boolean covers(long leaseId, int blockId) {
    Lease lease = leases.get(leaseId);
    return lease != null && lease.covered.get(blockId);
  }

  /** Leases that have not ended. */
  public int size() {
    return leases.size();
  }

  /** How many leases hold each block that any lease holds. */
  public Map<Integer, Integer> pinCounts() {
    Map<Integer, Integer> counts = new HashMap<>();
    leases
        .values()
        .forEach(lease -> lease.covered.stream().forEach(b -> counts.merge(b, 1, Integer::sum)));
    return counts;
  }

  private boolean endExpired(long leaseId, Instant now) {
    // A renewal may have come between the sweep's look and this one.
    Lease lease = leases.get(leaseId);
    if (lease == null || lease.liveAt(now) || !leases.remove(leaseId, lease)) {
      return false;
    }
    listener.ended(leaseId, lease.request, lease.blocks, LeaseEnd.EXPIRED);
    return true;
  }

  private boolean end(long leaseId, LeaseEnd why) {
    Lease lease = leases.remove(leaseId);
    if (lease == null) {
      return false;
    }
    listener.ended(leaseId, lease.request, lease.blocks, why);
    return true;
  }

  /** A new lease, for the handle. */
  public record Granted(long leaseId, Instant expiresAt) {}

  private static final class Lease {
    final RequestId request;
    final int[] blocks;
    final BitSet covered;
    final Duration ttl;
    final Instant expiresAt;

    Lease(RequestId request, int[] blocks, BitSet covered, Duration ttl, Instant expiresAt) {
      this.request = request;
      this.blocks = blocks;
      this.covered = covered;
      this.ttl = ttl;
      this.expiresAt = expiresAt;
    }

    boolean liveAt(Instant now) {
      return now.isBefore(expiresAt);
    }

    Lease until(Instant expiry) {
      return new Lease(request, blocks, covered, ttl, expiry);
    }
  }
}
