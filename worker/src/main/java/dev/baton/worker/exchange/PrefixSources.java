package dev.baton.worker.exchange;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.PrefixSource;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.Deadline;
import dev.baton.worker.loop.Filled;
import dev.baton.worker.loop.Filler;
import dev.baton.worker.tiers.BlockTiers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Where a worker gets prefixes from that its pool lacks, and whether that pays: its own tiers, and
 * other workers. Safe for use by all threads.
 *
 * @param tierEstimate of reading back
 * @param peerEstimate of pulling
 * @param readTimeout longest time to read a prefix back
 */
public record PrefixSources(
    WorkerId self,
    BlockTiers tiers,
    PullEstimate tierEstimate,
    Duration readTimeout,
    BlockPuller puller,
    PullEstimate peerEstimate) {

  /**
   * A filler for one sequence, none where there is nowhere to get anything from.
   *
   * @param tokens known tokens of the sequence; the last one is never fetched, since its logits are
   *     needed
   * @param holders who holds a prefix
   */
  public Optional<PrefixFiller> filler(RequestId request, int tokens, List<PrefixSource> holders) {
    List<PrefixSource> peers =
        holders.stream().filter(source -> !source.holder().worker().equals(self)).toList();
    if (peers.isEmpty() && tiers.isEmpty()) {
      return Optional.empty();
    }
    int limit = (tokens - 1) / BlockHasher.BLOCK_TOKENS;
    return Optional.of(new PrefixFiller(request, limit, peers, this));
  }

  CompletionStage<Filled> fromTiers(Filler.Room room, int limit) {
    int held = tiers.held(room.hashes(), room.resident(), limit);
    if (!tierEstimate.pays(held)) {
      return CompletableFuture.completedStage(
          Filled.nothing(room.resident(), BlockHasher.BLOCK_TOKENS));
    }
    long begin = System.nanoTime();
    return tiers
        .fill(room, room.resident() + held, Deadline.after(readTimeout))
        .thenApply(filled -> {
          long bytes = (filled.blocks() - room.resident()) * tiers.blockBytes();
          tierEstimate.moved(bytes, System.nanoTime() - begin);
          return filled;
        });
  }
}
