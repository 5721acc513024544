package dev.baton.kvtransfer.transport;

import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.BlockDigest;
import dev.baton.kvtransfer.BlockMove;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.TransferInterceptor;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransferRequest;
import dev.baton.kvtransfer.TransportKind;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A transfer while it runs: where its blocks go, which of them arrived damaged, its one outcome.
 */
public final class Transfer {
  private final TransferRequest request;
  private final WorkerId peer;
  private final HostKvPool pool;
  private final TransferInterceptor interceptor;
  private final long startNanos = System.nanoTime();
  private final BitSet damaged = new BitSet();
  private final CompletableFuture<TransferOutcome> outcome = new CompletableFuture<>();

  public Transfer(
      TransferRequest request, WorkerId peer, HostKvPool pool, TransferInterceptor interceptor) {
    this.request = request;
    this.peer = peer;
    this.pool = pool;
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

  /** Where block {@code index} of the request goes. */
  public MemorySegment destination(int index) {
    return pool.block(moves().get(index).localBlock());
  }

  /** Checks a block that has been copied. Several threads may, for different blocks. */
  public void arrived(int index) {
    BlockMove move = moves().get(index);
    MemorySegment block = destination(index);
    interceptor.arrived(peer, move, block);
    if (BlockDigest.of(block) != move.digest()) {
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
    return pool.blockBytes() * moves().size();
  }

  public long nanos() {
    return System.nanoTime() - startNanos;
  }

  public CompletionStage<TransferOutcome> outcome() {
    return outcome.minimalCompletionStage();
  }
}
