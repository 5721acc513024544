package dev.baton.worker.exchange;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.PrefixSource;
import dev.baton.contracts.RequestId;
import dev.baton.kvtransfer.Deadline;
import dev.baton.worker.loop.Filled;
import dev.baton.worker.loop.Filler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Fetches a prefix instead of computing it, where that pays: first from this worker's own tiers,
 * and what they lack from one other worker. What neither gives is computed.
 */
public final class PrefixFiller implements Filler {
  /** A prefix that takes longer is computed meanwhile by anybody. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final RequestId request;
  private final int limit;
  private final Optional<PrefixSource> peer;
  private final PrefixSources sources;
  private volatile @Nullable Pull pull;

  /**
   * @param limit most blocks to fetch
   */
  PrefixFiller(RequestId request, int limit, Optional<PrefixSource> peer, PrefixSources sources) {
    this.request = request;
    this.limit = limit;
    this.peer = peer;
    this.sources = sources;
  }

  @Override
  public CompletionStage<Filled> fill(Room room) {
    return sources
        .fromTiers(room, limit)
        .thenCompose(first -> {
          if (peer.isEmpty() || !first.quarantined().isEmpty()) {
            return CompletableFuture.completedStage(first);
          }
          Room rest = new Room(room.hashes(), room.blocks(), first.blocks());
          return fromPeer(peer.get(), rest).thenApply(second -> both(first, second));
        });
  }

  private CompletionStage<Filled> fromPeer(PrefixSource source, Room room) {
    int blocks = Math.min(source.blocks(), limit);
    if (!sources.peerEstimate().pays(blocks - room.resident())) {
      return CompletableFuture.completedStage(
          Filled.nothing(room.resident(), BlockHasher.BLOCK_TOKENS));
    }
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
