package dev.baton.worker.exchange;

import dev.baton.contracts.PrefixSource;
import dev.baton.contracts.RequestId;
import dev.baton.kvtransfer.Deadline;
import dev.baton.worker.loop.Filled;
import dev.baton.worker.loop.Filler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Fetches a prefix instead of computing it, where that pays: first from this worker's own tiers,
 * and what they lack from the other worker that saves most time. What neither gives is computed.
 */
public final class PrefixFiller implements Filler {
  /** A prefix that takes longer is computed meanwhile by anybody. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final RequestId request;
  private final int limit;
  private final List<PrefixSource> peers;
  private final PrefixSources sources;
  private volatile @Nullable Pull pull;

  /**
   * @param limit most blocks to fetch
   * @param peers other workers that hold a prefix
   */
  PrefixFiller(RequestId request, int limit, List<PrefixSource> peers, PrefixSources sources) {
    this.request = request;
    this.limit = limit;
    this.peers = peers;
    this.sources = sources;
  }

  @Override
  public CompletionStage<Filled> fill(Room room) {
    return sources
        .fromTiers(room, limit)
        .thenCompose(first -> {
          Room rest = new Room(room.hashes(), room.blocks(), first.blocks());
          Optional<PrefixSource> best =
              first.quarantined().isEmpty() ? mostSaving(rest) : Optional.empty();
          return best.isEmpty()
              ? CompletableFuture.completedStage(first)
              : fromPeer(best.get(), rest).thenApply(second -> both(first, second));
        });
  }

  private Optional<PrefixSource> mostSaving(Room room) {
    return peers.stream()
        .filter(peer -> saved(peer, room) > 0)
        .max(Comparator.comparingDouble(peer -> saved(peer, room)));
  }

  private double saved(PrefixSource peer, Room room) {
    int blocks = Math.min(peer.blocks(), limit) - room.resident();
    return sources.peerEstimate().saved(peer.holder().worker(), blocks);
  }

  private CompletionStage<Filled> fromPeer(PrefixSource source, Room room) {
    int blocks = Math.min(source.blocks(), limit);
    return sources
        .puller()
        .pullPrefix(request, source, room, blocks, Deadline.after(PATIENCE))
        .thenApply(pulled -> {
          pull = pulled;
          return pulled.filled();
        });
  }

  private static Filled both(Filled first, Filled second) {
    List<Integer> digests = new ArrayList<>(first.digests());
    digests.addAll(second.digests());
    return new Filled(
        second.blocks(), second.tokens(), digests, second.quarantined(), second.lifted());
  }

  /** What was pulled from the other worker, once the sequence runs. */
  public Optional<Pull> pull() {
    return Optional.ofNullable(pull);
  }
}
