package dev.baton.kvtransfer.serve;

import dev.baton.contracts.BlockRefs;
import dev.baton.kvtransfer.wire.FrameHeader;
import dev.baton.kvtransfer.wire.Frames;
import dev.baton.kvtransfer.wire.MalformedFrameException;
import dev.baton.kvtransfer.wire.Message;
import dev.baton.kvtransfer.wire.Message.Acquire;
import dev.baton.kvtransfer.wire.Message.Acquired;
import dev.baton.kvtransfer.wire.Message.Hello;
import dev.baton.kvtransfer.wire.Message.Read;
import dev.baton.kvtransfer.wire.Message.Refusal;
import dev.baton.kvtransfer.wire.Message.Refused;
import dev.baton.kvtransfer.wire.Message.Release;
import dev.baton.kvtransfer.wire.Message.Released;
import dev.baton.kvtransfer.wire.Message.Renew;
import dev.baton.kvtransfer.wire.Message.Renewed;
import dev.baton.kvtransfer.wire.Message.Welcome;
import dev.baton.kvtransfer.wire.MessageCodec;
import dev.baton.kvtransfer.wire.Outbox;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A control connection: leases. Answers may overtake one another; each names its question. */
final class ControlService {
  private static final Logger log = LoggerFactory.getLogger(ControlService.class);
  private static final int MAX_PENDING_ACQUIRES = 256;

  private final HolderState state;
  private final Frames frames;
  private final Outbox outbox;
  private final Semaphore acquires = new Semaphore(MAX_PENDING_ACQUIRES);

  ControlService(HolderState state, Frames frames, Runnable closeConnection) {
    this.state = state;
    this.frames = frames;
    this.outbox = new Outbox(frames, "kv-control", closeConnection);
  }

  void serve() throws IOException {
    try (outbox) {
      while (true) {
        FrameHeader header = frames.nextHeader();
        Message message = frames.message(header);
        Refused stale = state.stale(header.epoch());
        if (stale != null) {
          answer(header, stale);
        } else {
          handle(header, message);
        }
      }
    }
  }

  private void handle(FrameHeader header, Message message) throws MalformedFrameException {
    switch (message) {
      case Acquire acquire -> acquire(header, acquire);
      case Renew(var lease) -> answer(header, renew(lease));
      case Release(var lease) -> {
        state.leases.release(lease);
        answer(header, new Released());
      }
      case Hello _, Welcome _, Refused _, Acquired _, Read _, Renewed _, Released _ ->
          throw new MalformedFrameException(
              message.getClass().getSimpleName() + " on a control connection");
    }
  }

  private Message renew(long lease) {
    return state
        .leases
        .renew(lease)
        .<Message>map(ttl -> new Renewed(ttl.toMillis()))
        .orElseGet(() -> new Refused(Refusal.LEASE_EXPIRED, "there is no live lease " + lease));
  }

  private void acquire(FrameHeader header, Acquire acquire) {
    if (!acquires.tryAcquire()) {
      answer(header, new Refused(Refusal.OVERLOADED, "too many acquisitions under way"));
      return;
    }
    pin(acquire)
        .whenComplete((pinned, failure) -> {
          acquires.release();
          grant(header, acquire, pinned, failure);
        });
  }

  private CompletionStage<BlockRefs> pin(Acquire acquire) {
    try {
      Duration wait = Duration.ofMillis(Math.max(0, acquire.waitMillis()));
      Duration longest = state.config.leaseTtl();
      return state.source.pin(
          acquire.request(),
          acquire.hashes(),
          acquire.beyond(),
          wait.compareTo(longest) < 0 ? wait : longest);
    } catch (RuntimeException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  /** Runs on the thread that completed the pinning, and does not block it. */
  private void grant(
      FrameHeader header,
      Acquire acquire,
      @Nullable BlockRefs pinned,
      @Nullable Throwable failure) {
    if (pinned == null) {
      log.warn("Pinning blocks for {} failed", acquire.request(), failure);
      answer(header, new Refused(Refusal.FAILED, "pinning failed: " + failure));
      return;
    }
    if (pinned.size() == 0) {
      answer(header, new Acquired(0, 0, pinned));
      return;
    }
    int[] blocks = new int[pinned.size()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = pinned.id(i);
    }
    var ttl = state.config.leaseTtl();
    long lease = state.leases.open(acquire.request(), blocks, ttl).leaseId();
    Refused stale = state.stale(header.epoch());
    if (stale != null || !answer(header, new Acquired(lease, ttl.toMillis(), pinned))) {
      // Nobody will hear of this lease.
      state.leases.release(lease);
    }
    if (stale != null) {
      answer(header, stale);
    }
  }

  private boolean answer(FrameHeader question, Message answer) {
    return outbox.offer(MessageCodec.frame(answer, question.correlation(), question.epoch()));
  }
}
