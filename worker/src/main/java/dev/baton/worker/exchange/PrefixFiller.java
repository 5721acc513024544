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
 * Fetches the prefix that some other worker holds and that saves most time, where any does. One
 * source is tried; what it does not give is computed.
 */
public final class PrefixFiller implements Filler {
  /** A prefix that takes longer is computed meanwhile by anybody. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final RequestId request;
  private final int tokens;
  private final List<PrefixSource> sources;
  private final BlockPuller puller;
  private final PullEstimate estimate;
  private volatile @Nullable Pull pull;

  private PrefixFiller(
      RequestId request,
      int tokens,
      List<PrefixSource> sources,
      BlockPuller puller,
      PullEstimate estimate) {
    this.request = request;
    this.tokens = tokens;
    this.sources = sources;
    this.puller = puller;
    this.estimate = estimate;
  }

  /**
   * A filler from {@code sources}, none where there is no other worker among them.
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
    List<PrefixSource> others =
        sources.stream().filter(source -> !source.holder().worker().equals(self)).toList();
    return others.isEmpty()
        ? Optional.empty()
        : Optional.of(new PrefixFiller(request, tokens, others, puller, estimate));
  }

  @Override
  public CompletionStage<Filled> fill(Room room) {
    int limit = (tokens - 1) / BlockHasher.BLOCK_TOKENS;
    Optional<PrefixSource> best =
        sources.stream().max(Comparator.comparingDouble(source -> saved(source, limit, room)));
    if (best.isEmpty() || saved(best.get(), limit, room) <= 0) {
      return CompletableFuture.completedStage(
          Filled.nothing(room.resident(), BlockHasher.BLOCK_TOKENS));
    }
    return puller
        .pullPrefix(request, best.get(), room, limit, Deadline.after(PATIENCE))
        .thenApply(pulled -> {
          pull = pulled;
          return pulled.filled();
        });
  }

  private double saved(PrefixSource source, int limit, Room room) {
    return estimate.saved(
        source.holder().worker(), Math.min(source.blocks(), limit) - room.resident());
  }

  /** What was pulled, once the sequence runs. */
  public Optional<Pull> pull() {
    return Optional.ofNullable(pull);
  }
}
