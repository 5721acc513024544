package dev.baton.kvtransfer.ucx;

import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.transport.BlockReader;
import dev.baton.kvtransfer.transport.Timers;
import dev.baton.kvtransfer.transport.Transfer;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.openucx.jucx.UcxException;

/**
 * Reads of one peer over UCX. Gets cannot be cancelled one by one, so a transfer that must end
 * early takes the link down with it; the next transfer builds another. State belongs to the agent's
 * thread.
 */
final class UcxReader implements BlockReader {
  /** How long gets of a stopped transfer may take to land before their link is torn down. */
  private static final Duration LANDING_PATIENCE = Duration.ofMillis(200);

  /** How long UCX may take to hand back the buffers of a link that was torn down. */
  private static final Duration FLUSH_PATIENCE = Duration.ofSeconds(2);

  private final Set<UcxReader> siblings;
  private final UcxAgent agent;
  private final InetSocketAddress address;
  private final ByteBuffer remoteKey;
  private final UcxRead.RemoteMemory memory;
  private final HostKvPool pool;
  private final Executor verifiers;
  private final Timers timers;
  private final Set<UcxRead> reads = new HashSet<>();
  private final CompletableFuture<Optional<String>> firstLink = new CompletableFuture<>();
  private @Nullable UcxLink link;
  private @Nullable String gone;

  /** Belongs to {@code siblings} until it is given up and its last read has ended. */
  UcxReader(
      Set<UcxReader> siblings,
      UcxAgent agent,
      InetSocketAddress address,
      ByteBuffer remoteKey,
      UcxRead.RemoteMemory memory,
      HostKvPool pool,
      Executor verifiers,
      Timers timers) {
    this.siblings = siblings;
    this.agent = agent;
    this.address = address;
    this.remoteKey = remoteKey;
    this.memory = memory;
    this.pool = pool;
    this.verifiers = verifiers;
    this.timers = timers;
    siblings.add(this);
  }

  @Override
  public TransportKind kind() {
    return TransportKind.UCX;
  }

  /** Builds the link ahead of the first read; completes with what went wrong, if anything. */
  CompletableFuture<Optional<String>> connect() {
    agent.submit(this::ensureLink);
    return firstLink;
  }

  @Override
  public void read(Transfer transfer) {
    UcxRead read = new UcxRead(transfer, pool, memory, agent::submit, verifiers);
    Timers.Timer timer =
        timers.at(
            transfer.deadline(),
            () ->
                agent.submit(
                    () -> stop(read, new PeerFailure.DeadlineExceeded("blocks over UCX"))));
    transfer
        .outcome()
        .whenComplete((_, _) -> {
          timer.close();
          agent.submit(() -> ended(read));
        });
    if (!agent.submit(() -> begin(read))) {
      transfer.end(new PeerFailure.Declined("the plane is closed"));
    }
  }

  @Override
  public void abort(String reason) {
    agent.submit(() -> giveUp(reason));
  }

  /** Ends all reads, and those to come. Agent's thread only, like everything below. */
  void giveUp(String reason) {
    gone = reason;
    List.copyOf(reads).forEach(read -> stop(read, new PeerFailure.PeerLost(reason)));
    leaveWhenDone();
  }

  boolean idle() {
    return reads.isEmpty();
  }

  private void ended(UcxRead read) {
    reads.remove(read);
    leaveWhenDone();
  }

  private void leaveWhenDone() {
    if (gone != null && reads.isEmpty()) {
      siblings.remove(this);
      breakLink(gone);
    }
  }

  private void begin(UcxRead read) {
    if (read.ended()) {
      return;
    }
    reads.add(read);
    if (gone != null) {
      stop(read, new PeerFailure.PeerLost(gone));
      return;
    }
    ensureLink();
    UcxLink present = link;
    if (present != null && present.ready()) {
      read.post(present);
    }
  }

  private void ensureLink() {
    if (link != null || gone != null) {
      return;
    }
    try {
      link = UcxLink.connect(agent, address, remoteKey.duplicate(), this::ready, this::broken);
    } catch (UcxException e) {
      broken(String.valueOf(e.getMessage()));
    }
  }

  private void ready() {
    firstLink.complete(Optional.empty());
    // Not from inside UCX's callback.
    agent.submit(() -> {
      UcxLink present = link;
      if (present != null && present.ready()) {
        List.copyOf(reads).forEach(read -> read.post(present));
      }
    });
  }

  /** UCX says that the link does not work; this comes from inside its callbacks. */
  private void broken(String reason) {
    firstLink.complete(Optional.of(reason));
    agent.submit(() -> breakLink("UCX: " + reason));
  }

  private void breakLink(String reason) {
    UcxLink present = link;
    link = null;
    if (present != null) {
      present.close();
    }
    for (UcxRead read : List.copyOf(reads)) {
      read.fail(new PeerFailure.PeerLost(reason));
      flush(read);
    }
  }

  /** Ends a read early: what flies may land for a moment, then the link is torn down. */
  private void stop(UcxRead read, TransferOutcome why) {
    read.fail(why);
    read.settle();
    if (read.flying()) {
      timers.at(Deadline.after(LANDING_PATIENCE), () -> agent.submit(() -> breakIfFlying(read)));
    }
  }

  private void breakIfFlying(UcxRead read) {
    if (read.flying()) {
      breakLink("another transfer from this peer hung");
    }
  }

  /** Ends a failed read when UCX has let go of its buffers, or says which it has not. */
  private void flush(UcxRead read) {
    read.settle();
    if (read.flying()) {
      timers.at(Deadline.after(FLUSH_PATIENCE), () -> agent.submit(read::endWithQuarantine));
    }
  }
}
