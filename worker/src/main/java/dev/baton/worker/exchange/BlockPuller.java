package dev.baton.worker.exchange;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.LeaseRef;
import dev.baton.contracts.PrefixSource;
import dev.baton.contracts.RequestId;
import dev.baton.kvtransfer.AcquireOutcome;
import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.KvPlane;
import dev.baton.kvtransfer.LeaseOutcome;
import dev.baton.kvtransfer.Peer;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.Quarantine;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransferRequest;
import dev.baton.worker.loop.Filled;
import dev.baton.worker.loop.Filler;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads blocks from a holder into the blocks of an admitted sequence. Never fails: what did not
 * arrive, or arrived with a wrong digest, is simply not filled and will be computed. Safe for use
 * by all threads; nothing blocks.
 */
public final class BlockPuller {
  private static final Logger log = LoggerFactory.getLogger(BlockPuller.class);
  private static final Duration LEASE_CALL = Duration.ofSeconds(5);

  private final KvPlane plane;

  public BlockPuller(KvPlane plane) {
    this.plane = plane;
  }

  /**
   * Pulls what is missing of a handed-over prompt.
   *
   * @param blocks every block of the prompt, the last one possibly partial
   * @param tokens tokens that they cover
   */
  public CompletionStage<Pull> pullLeased(
      LeaseRef lease, BlockRefs blocks, int tokens, Filler.Room room, Deadline deadline) {
    long begin = System.nanoTime();
    return plane
        .connect(lease.holder(), lease.kv(), deadline)
        .thenCompose(connected ->
            switch (connected) {
              case ConnectOutcome.Connected(Peer peer) ->
                  transfer(peer, lease.leaseId(), blocks, tokens, room, deadline, begin);
              case ConnectOutcome.Refused(String reason) -> nothing(room, begin, reason);
              case PeerFailure failure -> nothing(room, begin, describe(failure));
            });
  }

  /** Leases and pulls a prefix that another worker holds; the lease ends with the pull. */
  public CompletionStage<Pull> pullPrefix(
      RequestId request, PrefixSource source, Filler.Room room, int limit, Deadline deadline) {
    long begin = System.nanoTime();
    int wanted = Math.min(limit, Math.min(source.blocks(), room.hashes().size()));
    return plane
        .connect(source.holder(), source.kv(), deadline)
        .thenCompose(connected ->
            switch (connected) {
              case ConnectOutcome.Connected(Peer peer) ->
                  peer.acquire(request, room.hashes().prefix(wanted), deadline)
                      .thenCompose(acquired -> acquired(peer, acquired, room, deadline, begin));
              case ConnectOutcome.Refused(String reason) -> nothing(room, begin, reason);
              case PeerFailure failure -> nothing(room, begin, describe(failure));
            });
  }

  /**
   * Leases a prefix as soon as the holder has more than {@code beyond} blocks of it, or after
   * {@code wait} with what it has then; empty where it has none or does not answer.
   */
  public CompletionStage<Optional<LeasedPrefix>> lease(
      RequestId request,
      LaneRef holder,
      KvEndpoint kv,
      BlockHashes hashes,
      int beyond,
      Duration wait) {
    Deadline deadline = Deadline.after(wait.plus(LEASE_CALL));
    return peer(holder, kv, deadline)
        .thenCompose(peer ->
            peer == null
                ? CompletableFuture.completedStage(Optional.empty())
                : peer.acquire(request, hashes, beyond, wait, deadline)
                    .thenApply(outcome ->
                        outcome instanceof AcquireOutcome.Acquired(long id, var _, var blocks)
                                && blocks.size() > 0
                            ? Optional.of(new LeasedPrefix(peer, id, blocks))
                            : Optional.empty()));
  }

  /** Pulls the full blocks of a leased prefix. */
  public CompletionStage<Pull> pull(LeasedPrefix prefix, Filler.Room room, Deadline deadline) {
    int tokens = prefix.blocks().size() * BlockHasher.BLOCK_TOKENS;
    return transfer(
        prefix.peer(),
        prefix.leaseId(),
        prefix.blocks(),
        tokens,
        room,
        deadline,
        System.nanoTime());
  }

  /** Ends the lease; should the holder not hear of it, the lease expires by itself. */
  public void release(LeasedPrefix prefix) {
    release(prefix.peer(), prefix.leaseId());
  }

  /** Prolongs a lease; empty where it is gone or the holder does not answer. */
  public CompletionStage<Optional<Duration>> renew(LeaseRef lease) {
    Deadline deadline = Deadline.after(LEASE_CALL);
    return peer(lease.holder(), lease.kv(), deadline)
        .thenCompose(peer ->
            peer == null
                ? CompletableFuture.completedStage(Optional.empty())
                : peer.renew(lease.leaseId(), deadline)
                    .thenApply(outcome ->
                        outcome instanceof LeaseOutcome.Renewed(Duration ttl)
                            ? Optional.of(ttl)
                            : Optional.empty()));
  }

  /** Ends a lease; should the holder not hear of it, the lease expires by itself. */
  public void release(LeaseRef lease) {
    Deadline deadline = Deadline.after(LEASE_CALL);
    peer(lease.holder(), lease.kv(), deadline)
        .thenAccept(peer -> {
          if (peer != null) {
            release(peer, lease.leaseId());
          }
        });
  }

  private CompletionStage<Pull> acquired(
      Peer peer, AcquireOutcome acquired, Filler.Room room, Deadline deadline, long begin) {
    return switch (acquired) {
      case AcquireOutcome.Acquired(long leaseId, Duration _, BlockRefs blocks) -> {
        if (blocks.size() == 0) {
          yield nothing(room, begin, "the holder has dropped the prefix");
        }
        yield transfer(
                peer,
                leaseId,
                blocks,
                blocks.size() * BlockHasher.BLOCK_TOKENS,
                room,
                deadline,
                begin)
            .whenComplete((_, _) -> release(peer, leaseId));
      }
      case PeerFailure failure -> nothing(room, begin, describe(failure));
    };
  }

  private static CompletionStage<Pull> transfer(
      Peer peer,
      long leaseId,
      BlockRefs blocks,
      int tokens,
      Filler.Room room,
      Deadline deadline,
      long begin) {
    int from = room.resident();
    if (blocks.size() <= from) {
      return CompletableFuture.completedStage(
          done(Filled.nothing(from, BlockHasher.BLOCK_TOKENS), begin));
    }
    int[] local = Arrays.copyOfRange(room.blocks(), from, blocks.size());
    return peer.transfer(TransferRequest.of(leaseId, blocks, from, local, deadline))
        .thenApply(outcome ->
            switch (outcome) {
              case TransferOutcome.Completed(long bytes, long _, var transport) ->
                  new Pull(
                      filled(blocks, from, blocks.size(), tokens),
                      since(begin),
                      bytes,
                      transport,
                      Optional.empty());
              case TransferOutcome.Corrupted(
                      List<Integer> bad,
                      long bytes,
                      long _,
                      var transport) -> {
                int good = from + bad.stream().mapToInt(Integer::intValue).min().orElse(0);
                log.error(
                    "{} blocks from {} arrived corrupted", bad.size(), peer.holder().worker());
                yield new Pull(
                    filled(blocks, from, good, good * BlockHasher.BLOCK_TOKENS),
                    since(begin),
                    bytes,
                    transport,
                    Optional.of(bad.size() + " blocks arrived corrupted"));
              }
              case LeaseOutcome.LeaseExpired _ ->
                  failed(room, begin, "the lease has expired", Quarantine.none());
              case PeerFailure failure ->
                  failed(room, begin, describe(failure), quarantine(failure));
            });
  }

  private static Filled filled(BlockRefs blocks, int from, int to, int tokens) {
    int[] digests = new int[to - from];
    for (int i = 0; i < digests.length; i++) {
      digests[i] = blocks.digest(from + i);
    }
    return Filled.upTo(to, tokens, digests);
  }

  private static Pull done(Filled filled, long begin) {
    return new Pull(filled, since(begin), 0, null, Optional.empty());
  }

  private static CompletionStage<Pull> nothing(Filler.Room room, long begin, String problem) {
    return CompletableFuture.completedStage(failed(room, begin, problem, Quarantine.none()));
  }

  private static Pull failed(Filler.Room room, long begin, String problem, Quarantine quarantine) {
    Filled filled =
        new Filled(
            room.resident(),
            room.resident() * BlockHasher.BLOCK_TOKENS,
            List.of(),
            quarantine.localBlocks(),
            quarantine.lifted());
    return new Pull(filled, since(begin), 0, null, Optional.of(problem));
  }

  private CompletionStage<@Nullable Peer> peer(
      LaneRef holder, KvEndpoint endpoint, Deadline deadline) {
    return plane
        .connect(holder, endpoint, deadline)
        .thenApply(outcome -> outcome instanceof ConnectOutcome.Connected(Peer peer) ? peer : null);
  }

  private static void release(Peer peer, long leaseId) {
    peer.release(leaseId, Deadline.after(LEASE_CALL))
        .thenAccept(outcome -> {
          if (outcome instanceof PeerFailure failure) {
            log.warn("Lease of {} not released: {}", peer.holder().worker(), describe(failure));
          }
        });
  }

  private static Duration since(long begin) {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  private static Quarantine quarantine(PeerFailure failure) {
    return switch (failure) {
      case PeerFailure.PeerLost(String _, Quarantine quarantine) -> quarantine;
      case PeerFailure.DeadlineExceeded(String _, Quarantine quarantine) -> quarantine;
      case PeerFailure.StaleEpoch _, PeerFailure.Declined _ -> Quarantine.none();
    };
  }

  private static String describe(PeerFailure failure) {
    return switch (failure) {
      case PeerFailure.PeerLost(String reason, Quarantine _) -> "the holder is gone: " + reason;
      case PeerFailure.DeadlineExceeded(String what, Quarantine _) ->
          "the deadline passed waiting for " + what;
      case PeerFailure.StaleEpoch(var _, String reason) -> "stale epoch: " + reason;
      case PeerFailure.Declined(String reason) -> "declined: " + reason;
    };
  }
}
