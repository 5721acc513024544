/**
 * Moves KV blocks between workers by one-sided reads: transports, leases, digests. A worker process
 * starts one {@link dev.baton.kvtransfer.KvPlane}. No Spring here.
 */
@NullMarked
package dev.baton.kvtransfer;

import org.jspecify.annotations.NullMarked;
