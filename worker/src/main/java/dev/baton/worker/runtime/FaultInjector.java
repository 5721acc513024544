package dev.baton.worker.runtime;

import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.BlockMove;
import dev.baton.kvtransfer.TransferInterceptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;

/** Damages blocks on their way, for fault tests. */
public final class FaultInjector implements TransferInterceptor {
  private final AtomicInteger blocks = new AtomicInteger();

  /** The next {@code count} blocks that arrive get one bit turned. */
  public void corrupt(int count) {
    blocks.set(count);
  }

  @Override
  public boolean active() {
    return blocks.get() > 0;
  }

  @Override
  public void arrived(WorkerId peer, BlockMove move, MemorySegment localBlock) {
    if (blocks.get() > 0 && blocks.getAndDecrement() > 0) {
      long middle = localBlock.byteSize() / 2;
      byte value = localBlock.get(ValueLayout.JAVA_BYTE, middle);
      localBlock.set(ValueLayout.JAVA_BYTE, middle, (byte) (value ^ 0x10));
    }
  }
}
