package dev.baton.contracts;

import java.time.Instant;

/**
 * A lease on blocks of a holder's pool: until it expires, is released, or the holder's epoch ends,
 * the blocks stay where they are.
 */
public record LeaseRef(LaneRef holder, KvEndpoint kv, long leaseId, Instant expiresAt) {}
