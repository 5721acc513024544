package dev.baton.worker.exchange;

import dev.baton.contracts.BlockRefs;
import dev.baton.kvtransfer.Peer;

/**
 * Leading blocks of a prompt in another worker's pool, on lease.
 *
 * @param blocks all of them full
 */
public record LeasedPrefix(Peer peer, long leaseId, BlockRefs blocks) {}
