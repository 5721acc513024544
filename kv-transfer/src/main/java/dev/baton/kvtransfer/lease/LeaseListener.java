package dev.baton.kvtransfer.lease;

import dev.baton.contracts.RequestId;

/** Hears when a lease no longer keeps its blocks in place. */
@FunctionalInterface
public interface LeaseListener {
  /**
   * Called exactly once a lease, on whichever thread ended it and without any lock held; hand over
   * to the thread that owns the block pool.
   */
  void ended(long leaseId, RequestId request, int[] blockIds, LeaseEnd why);
}
