package dev.baton.kvtransfer.plane;

import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.RequestId;
import dev.baton.kvtransfer.AcquireOutcome;
import dev.baton.kvtransfer.BlockMove;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.KvPool;
import dev.baton.kvtransfer.LeaseOutcome;
import dev.baton.kvtransfer.Peer;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransferRequest;
import dev.baton.kvtransfer.TransportPath;
import dev.baton.kvtransfer.transport.BlockReader;
import dev.baton.kvtransfer.transport.RemotePool;
import dev.baton.kvtransfer.transport.RunningTransfers;
import dev.baton.kvtransfer.transport.Transfer;
import dev.baton.kvtransfer.wire.Message;
import dev.baton.kvtransfer.wire.Message.Acquire;
import dev.baton.kvtransfer.wire.Message.Acquired;
import dev.baton.kvtransfer.wire.Message.Refused;
import dev.baton.kvtransfer.wire.Message.Release;
import dev.baton.kvtransfer.wire.Message.Released;
import dev.baton.kvtransfer.wire.Message.Renew;
import dev.baton.kvtransfer.wire.Message.Renewed;
import dev.baton.kvtransfer.wire.MessageCodec;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connected peer: leases over the control channel, blocks over the chosen transport. */
final class RemotePeer implements Peer {
  private static final Logger log = LoggerFactory.getLogger(RemotePeer.class);

  private final RemotePool remote;
  private final TransportPath path;
  private final ControlChannel control;
  private final BlockReader reader;
  private final KvPool pool;
  private final KvPlaneConfig config;
  private final RunningTransfers running;
  private volatile @Nullable String lost;

  RemotePeer(
      RemotePool remote,
      TransportPath path,
      ControlChannel control,
      BlockReader reader,
      KvPool pool,
      KvPlaneConfig config,
      RunningTransfers running) {
    this.remote = remote;
    this.path = path;
    this.control = control;
    this.reader = reader;
    this.pool = pool;
    this.config = config;
    this.running = running;
  }

  void start(Runnable onLost) {
    control.start(reason -> {
      lost = reason;
      reader.abort(reason);
      onLost.run();
    });
  }

  @Override
  public LaneRef holder() {
    return remote.holder();
  }

  @Override
  public TransportPath path() {
    return path;
  }

  @Override
  public boolean alive() {
    return lost == null;
  }

  @Override
  public CompletionStage<AcquireOutcome> acquire(
      RequestId request, BlockHashes hashes, int beyond, Duration wait, Deadline deadline) {
    BlockHashes asked =
        hashes.size() <= MessageCodec.maxHashes()
            ? hashes
            : hashes.prefix(MessageCodec.maxHashes());
    return ask(
        new Acquire(request, asked, beyond, wait.toMillis()),
        deadline,
        message ->
            message instanceof Acquired(var lease, var ttl, var blocks)
                ? new AcquireOutcome.Acquired(lease, Duration.ofMillis(ttl), blocks)
                : failure(message),
        failure -> failure);
  }

  @Override
  public CompletionStage<LeaseOutcome> renew(long leaseId, Deadline deadline) {
    return ask(
        new Renew(leaseId),
        deadline,
        message ->
            switch (message) {
              case Renewed(var ttl) -> new LeaseOutcome.Renewed(Duration.ofMillis(ttl));
              case Refused(var why, _) when why == Message.Refusal.LEASE_EXPIRED ->
                  new LeaseOutcome.LeaseExpired(leaseId);
              default -> failure(message);
            },
        failure -> failure);
  }

  @Override
  public CompletionStage<LeaseOutcome> release(long leaseId, Deadline deadline) {
    return ask(
        new Release(leaseId),
        deadline,
        message -> message instanceof Released ? new LeaseOutcome.Released() : failure(message),
        failure -> failure);
  }

  @Override
  public CompletionStage<TransferOutcome> transfer(TransferRequest request) {
    check(request);
    Transfer transfer =
        new Transfer(request, holder().worker(), pool.blockBytes(), config.interceptor());
    CompletionStage<TransferOutcome> observed =
        transfer.outcome().whenComplete((outcome, _) -> ended(transfer, outcome));
    running.started();
    String gone = lost;
    if (gone == null) {
      reader.read(transfer);
    } else {
      transfer.end(new PeerFailure.PeerLost(gone));
    }
    return observed;
  }

  private void ended(Transfer transfer, TransferOutcome outcome) {
    running.ended();
    closeWhenStale(outcome);
    try {
      config
          .observer()
          .transferEnded(
              holder().worker(),
              path.kind(),
              transfer.moves().size(),
              transfer.bytes(),
              transfer.nanos(),
              outcome);
    } catch (RuntimeException e) {
      log.error("The observer of transfers failed", e);
    }
  }

  void close(String reason) {
    lost = reason;
    control.close(reason);
  }

  private <T> CompletionStage<T> ask(
      Message question,
      Deadline deadline,
      Function<Message, T> said,
      Function<PeerFailure, T> nothing) {
    return control
        .ask(question, deadline)
        .thenApply(answer ->
            switch (answer) {
              case ControlChannel.Answer.Said(var message) -> said.apply(message);
              case ControlChannel.Answer.Nothing(var why) -> nothing.apply(why);
            });
  }

  private PeerFailure failure(Message answer) {
    if (!(answer instanceof Refused(var why, var reason))) {
      close("answered with " + answer.getClass().getSimpleName());
      return new PeerFailure.PeerLost("protocol broken by " + holder().worker());
    }
    PeerFailure failure =
        why == Message.Refusal.STALE_EPOCH
            ? new PeerFailure.StaleEpoch(holder().epoch(), reason)
            : new PeerFailure.Declined(reason);
    closeWhenStale(failure);
    return failure;
  }

  /** Epochs do not come back: whoever asks the plane again must name the new one. */
  private void closeWhenStale(Object outcome) {
    if (outcome instanceof PeerFailure.StaleEpoch(_, var reason)) {
      close("stale epoch: " + reason);
    }
  }

  /** What would be a bug of the caller and could harm other sequences of this worker. */
  private void check(TransferRequest request) {
    BitSet destinations = new BitSet();
    for (BlockMove move : request.moves()) {
      if (move.remoteBlock() < 0 || move.remoteBlock() >= remote.blockCount()) {
        throw new IllegalArgumentException(
            "block " + move.remoteBlock() + " of a pool of " + remote.blockCount());
      }
      if (move.localBlock() < 0 || move.localBlock() >= pool.blockCount()) {
        throw new IllegalArgumentException(
            "local block " + move.localBlock() + " of a pool of " + pool.blockCount());
      }
      if (destinations.get(move.localBlock())) {
        throw new IllegalArgumentException("two moves into local block " + move.localBlock());
      }
      destinations.set(move.localBlock());
    }
  }
}
