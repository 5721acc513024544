package dev.baton.kvtransfer.ucx;

import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.Quarantine;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.transport.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.openucx.jucx.UcxCallback;
import org.openucx.jucx.UcxException;
import org.openucx.jucx.ucp.UcpRequest;

/**
 * One transfer over UCX: gets in a window, each block verified on another thread as it arrives.
 * Agent's thread only, where not said otherwise.
 */
final class UcxRead {
  /** Blocks flying or being verified: enough to fill a link, few enough to be torn down quickly. */
  static final int WINDOW = 32;

  private final Transfer transfer;
  private final HostKvPool pool;
  private final RemoteMemory remote;
  private final Executor agent;
  private final Executor verifiers;
  private final BitSet flying = new BitSet();
  private int next;
  private int verifying;
  private int verified;
  private @Nullable TransferOutcome failure;
  private @Nullable CompletableFuture<Void> quarantineLifted;

  /**
   * @param agent runs commands on the agent's thread
   */
  UcxRead(
      Transfer transfer, HostKvPool pool, RemoteMemory remote, Executor agent, Executor verifiers) {
    this.transfer = transfer;
    this.pool = pool;
    this.remote = remote;
    this.agent = agent;
    this.verifiers = verifiers;
  }

  /** Where the holder's blocks lie in its address space. */
  record RemoteMemory(long address, long blockBytes) {
    long block(int index) {
      return address + index * blockBytes;
    }
  }

  /** Posts gets while the window has room. */
  void post(RemoteGets link) {
    while (failure == null && next < transfer.moves().size() && underWay() < WINDOW) {
      int index = next++;
      flying.set(index);
      try {
        link.get(
            remote.block(transfer.moves().get(index).remoteBlock()),
            local(index).address(),
            remote.blockBytes(),
            arrival(index, link));
      } catch (UcxException e) {
        flying.clear(index);
        fail(new PeerFailure.PeerLost(String.valueOf(e.getMessage())));
      }
    }
    settle();
  }

  /** Where block {@code index} of the request goes. */
  private MemorySegment local(int index) {
    return pool.block(transfer.moves().get(index).localBlock());
  }

  private UcxCallback arrival(int index, RemoteGets link) {
    return new UcxCallback() {
      @Override
      public void onSuccess(UcpRequest request) {
        // A get may end inside the call that posts it: continue from the queue, not recursively.
        agent.execute(() -> landed(index, link));
      }

      @Override
      public void onError(int status, String message) {
        agent.execute(() -> {
          flying.clear(index);
          fail(new PeerFailure.PeerLost("UCX: " + message));
          settle();
        });
      }
    };
  }

  private void landed(int index, RemoteGets link) {
    flying.clear(index);
    verifying++;
    verifiers.execute(() -> {
      @Nullable RuntimeException thrown = null;
      try {
        transfer.arrived(index, local(index));
      } catch (RuntimeException e) {
        thrown = e;
      }
      RuntimeException seen = thrown;
      agent.execute(() -> checked(seen, link));
    });
  }

  private void checked(@Nullable RuntimeException thrown, RemoteGets link) {
    verifying--;
    verified++;
    if (thrown != null) {
      fail(new PeerFailure.Declined("verifying failed: " + thrown));
    }
    post(link);
  }

  /** Posts nothing more; the first failure counts. Gets under way need their link closed to end. */
  void fail(TransferOutcome why) {
    if (failure == null && !transfer.ended()) {
      failure = why;
    }
  }

  private int underWay() {
    return flying.cardinality() + verifying;
  }

  boolean ended() {
    return transfer.ended();
  }

  boolean flying() {
    return !flying.isEmpty();
  }

  /** Ends the transfer if nothing of it is under way any more. */
  void settle() {
    if (!flying.isEmpty() || verifying > 0) {
      return;
    }
    CompletableFuture<Void> lifted = quarantineLifted;
    if (lifted != null) {
      lifted.complete(null);
    } else if (failure != null) {
      transfer.end(failure);
    } else if (verified == transfer.moves().size()) {
      transfer.endCopied(TransportKind.UCX);
    }
  }

  /**
   * UCX still owes callbacks of a failed transfer: ends it, with the blocks concerned set aside.
   */
  void endWithQuarantine() {
    TransferOutcome why = failure;
    if (transfer.ended() || why == null || quarantineLifted != null) {
      return;
    }
    CompletableFuture<Void> lifted = new CompletableFuture<>();
    quarantineLifted = lifted;
    List<Integer> blocks =
        flying.stream().mapToObj(i -> transfer.moves().get(i).localBlock()).toList();
    Quarantine quarantine = new Quarantine(blocks, lifted.minimalCompletionStage());
    transfer.end(
        switch (why) {
          case PeerFailure.PeerLost(var reason, _) -> new PeerFailure.PeerLost(reason, quarantine);
          case PeerFailure.DeadlineExceeded(var waitingFor, _) ->
              new PeerFailure.DeadlineExceeded(waitingFor, quarantine);
          default -> new PeerFailure.PeerLost("UCX still flushing after " + why, quarantine);
        });
  }
}
