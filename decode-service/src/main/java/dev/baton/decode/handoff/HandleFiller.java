package dev.baton.decode.handoff;

import dev.baton.contracts.HandOff;
import dev.baton.kvtransfer.Deadline;
import dev.baton.worker.exchange.BlockPuller;
import dev.baton.worker.exchange.Pull;
import dev.baton.worker.loop.Filled;
import dev.baton.worker.loop.Filler;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Fills a sequence with the blocks of its handle and gives the lease back as soon as they are here.
 */
public final class HandleFiller implements Filler {
  private final HandOff.KvHandle handle;
  private final HeldLease lease;
  private final BlockPuller puller;
  private final Duration timeout;
  private volatile @Nullable Pull pull;

  /**
   * @param timeout of the pull, after which the blocks are computed here instead
   */
  public HandleFiller(
      HandOff.KvHandle handle, HeldLease lease, BlockPuller puller, Duration timeout) {
    this.handle = handle;
    this.lease = lease;
    this.puller = puller;
    this.timeout = timeout;
  }

  @Override
  public CompletionStage<Filled> fill(Room room) {
    return puller
        .pullLeased(
            lease.ref(), handle.blocks(), handle.tokenCount(), room, Deadline.after(timeout))
        .whenComplete((_, _) -> lease.close())
        .thenApply(pulled -> {
          pull = pulled;
          return pulled.filled();
        });
  }

  /** What was pulled, once the sequence runs. */
  public Optional<Pull> pull() {
    return Optional.ofNullable(pull);
  }
}
