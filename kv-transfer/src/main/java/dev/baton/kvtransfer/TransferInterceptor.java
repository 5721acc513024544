package dev.baton.kvtransfer;

import dev.baton.contracts.WorkerId;
import java.lang.foreign.MemorySegment;

/**
 * Sees every block after it was copied and before its digest is checked; what it changes counts as
 * changed in flight. Fault tests corrupt blocks with it.
 */
@FunctionalInterface
public interface TransferInterceptor {
  TransferInterceptor NONE =
      new TransferInterceptor() {
        @Override
        public boolean active() {
          return false;
        }

        @Override
        public void arrived(WorkerId peer, BlockMove move, MemorySegment localBlock) {}
      };

  /**
   * False while there is nothing to see or change; then blocks in device memory are not brought to
   * the host for it.
   */
  default boolean active() {
    return true;
  }

  /**
   * Called on threads of the plane, several at a time.
   *
   * @param localBlock the block, or a copy of one in device memory, which is taken back afterwards
   */
  void arrived(WorkerId peer, BlockMove move, MemorySegment localBlock);
}
