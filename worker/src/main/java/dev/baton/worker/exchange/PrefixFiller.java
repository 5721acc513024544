package dev.baton.worker.exchange;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.PrefixSource;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.Deadline;
import dev.baton.worker.loop.Filled;
import dev.baton.worker.loop.Filler;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Fetches the longest prefix that some other worker holds, where that pays. One source is tried;
 * what it does not give is computed.
 */
public final class PrefixFiller implements Filler {
  /** A prefix that takes longer is computed meanwhile by anybody. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final RequestId request;
  private final int tokens;
  private final PrefixSource source;
  private final BlockPuller puller;
  private final PullEstimate estimate;
  private volatile @Nullable Pull pull;

  private PrefixFiller(
      RequestId request,
      int tokens,
      PrefixSource source,
      BlockPuller puller,
      PullEstimate estimate) {
    this.request = request;
    this.tokens = tokens;
    this.source = source;
    this.puller = puller;
    this.estimate = estimate;
  }

  /**
   * A filler from the best of {@code sources}, none where there is no other worker among them.
   *
   * @param tokens known tokens of the sequence; the last one is never fetched, since its logits are
   *     needed
   */
  public static Optional<PrefixFiller> of(
      RequestId request,
      int tokens,
      List<PrefixSource> sources,
      WorkerId self,
      BlockPuller puller,
      PullEstimate estimate) {
    return sources.stream()
        .filter(source -> !source.holder().worker().equals(self))
        .max(Comparator.comparingInt(PrefixSource::blocks))
        .map(source -> new PrefixFiller(request, tokens, source, puller, estimate));
  }

  @Override
  public CompletionStage<Filled> fill(Room room) {
    int limit = Math.min(source.blocks(), (tokens - 1) / BlockHasher.BLOCK_TOKENS);
    if (!estimate.pays(limit - room.resident())) {
      return CompletableFuture.completedStage(
          Filled.nothing(room.resident(), BlockHasher.BLOCK_TOKENS));
    }
    return puller
        .pullPrefix(request, source, room, limit, Deadline.after(PATIENCE))
        .thenApply(pulled -> {
          pull = pulled;
          return pulled.filled();
        });
  }

  /** What was pulled, once the sequence runs. */
  public Optional<Pull> pull() {
    return Optional.ofNullable(pull);
  }
}
