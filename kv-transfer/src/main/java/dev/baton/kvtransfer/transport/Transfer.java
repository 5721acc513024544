package dev.baton.kvtransfer.transport;

import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.BlockDigest;
import dev.baton.kvtransfer.BlockMove;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.TransferInterceptor;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransferRequest;
import dev.baton.kvtransfer.TransportKind;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A transfer while it runs: what it moves, which blocks arrived damaged, its one outcome. */
public final class Transfer {
  private final TransferRequest request;
  private final WorkerId peer;
  private final long blockBytes;
  private final TransferInterceptor interceptor;
  private final long startNanos = System.nanoTime();
  private final BitSet damaged = new BitSet();
  private final CompletableFuture<TransferOutcome> outcome = new CompletableFuture<>();

  public Transfer(
      TransferRequest request, WorkerId peer, long blockBytes, TransferInterceptor interceptor) {
    this.request = request;
    this.peer = peer;
    this.blockBytes = blockBytes;
    this.interceptor = interceptor;
  }

  public long leaseId() {
    return request.leaseId();
  }

  public List<BlockMove> moves() {
    return request.moves();
  }

  public Deadline deadline() {
    return request.deadline();
  }

  /** Checks a block that has been copied to {@code block}. */
  public void arrived(int index, MemorySegment block) {
    intercept(index, block);
    arrived(index, BlockDigest.of(block));
  }

  /** Whether somebody wants to see blocks before their digests are computed. */
  public boolean intercepted() {
    return interceptor.active();
  }

  /** Shows a block that has been copied, before its digest is computed. */
  public void intercept(int index, MemorySegment block) {
    interceptor.arrived(peer, moves().get(index), block);
  }

  /**
   * Checks a block that has been copied and has this digest. Several threads may, for different
   * blocks.
   */
  public void arrived(int index, int digest) {
    if (digest != moves().get(index).digest()) {
      synchronized (damaged) {
        damaged.set(index);
      }
    }
  }

  /** Ends the transfer after every block arrived. */
  public void endCopied(TransportKind transport) {
    long bytes = bytes();
    long nanos = nanos();
    List<Integer> indices;
    synchronized (damaged) {
      indices = damaged.stream().boxed().toList();
    }
    end(
        indices.isEmpty()
            ? new TransferOutcome.Completed(bytes, nanos, transport)
            : new TransferOutcome.Corrupted(indices, bytes, nanos, transport));
  }

  /** Ends the transfer; only the first end counts. */
  public void end(TransferOutcome how) {
    outcome.complete(how);
  }

  public boolean ended() {
    return outcome.isDone();
  }

  public long bytes() {
    return blockBytes * moves().size();
  }

  public long nanos() {
    return System.nanoTime() - startNanos;
  }

  public CompletionStage<TransferOutcome> outcome() {
    return outcome.minimalCompletionStage();
  }
}
