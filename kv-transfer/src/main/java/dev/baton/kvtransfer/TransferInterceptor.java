package dev.baton.kvtransfer;

import dev.baton.contracts.WorkerId;
import java.lang.foreign.MemorySegment;

/**
 * Sees every block after it was copied and before its digest is checked; what it changes counts as
 * changed in flight. Fault tests corrupt blocks with it.
 */
@FunctionalInterface
public interface TransferInterceptor {
  TransferInterceptor NONE = (peer, move, localBlock) -> {};

  /** Called on threads of the plane, several at a time. */
  void arrived(WorkerId peer, BlockMove move, MemorySegment localBlock);
}
