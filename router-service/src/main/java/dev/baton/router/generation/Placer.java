package dev.baton.router.generation;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.PrefixMatches;
import dev.baton.contracts.PrefixSource;
import dev.baton.contracts.WorkerView;
import dev.baton.router.cluster.Cluster;
import dev.baton.router.cluster.RegistryClient;
import dev.baton.router.errors.ApiException;
import dev.baton.router.placement.Candidate;
import dev.baton.router.placement.PathDecision;
import dev.baton.router.placement.Placement;
import dev.baton.router.placement.PlacementProperties;
import dev.baton.router.placement.PlacementRequest;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/** Finds the worker and the path of a request's next attempt. */
@Component
class Placer {
  private static final Duration RETRY = Duration.ofMillis(200);

  private final Cluster cluster;
  private final RegistryClient registry;
  private final PrefillTier prefill;
  private final Placement placement;
  private final PlacementProperties properties;
  private final GenerationProperties limits;
  private final AtomicLong turns = new AtomicLong();

  Placer(
      Cluster cluster,
      RegistryClient registry,
      PrefillTier prefill,
      Placement placement,
      PlacementProperties properties,
      GenerationProperties limits) {
    this.cluster = cluster;
    this.registry = registry;
    this.prefill = prefill;
    this.placement = placement;
    this.properties = properties;
    this.limits = limits;
  }

  /**
   * Where an attempt goes.
   *
   * @param root where the prompt's chain of block hashes starts
   * @param sources other workers that hold a longer prefix than the chosen one, longest first
   */
  record Placed(
      Candidate candidate, PathDecision path, BlockHash root, List<PrefixSource> sources) {}

  /** Waits for a worker for a bounded time where none is there; errors with 503 after it. */
  Mono<Placed> place(Journal journal) {
    return Mono.defer(() -> placeNow(journal))
        .repeatWhenEmpty(repeats -> repeats.delayElements(RETRY))
        .timeout(limits.workerWait())
        .onErrorMap(
            TimeoutException.class,
            timeout ->
                ApiException.unavailable(
                    "no_worker",
                    "No decode worker of model "
                        + journal.spec().model()
                        + " can take the request now.",
                    Duration.ofSeconds(5)));
  }

  private Mono<Placed> placeNow(Journal journal) {
    List<WorkerView> workers =
        cluster.workers().stream()
            .filter(view -> view.registration().model().equals(journal.spec().model()))
            .toList();
    Optional<WorkerView> anyDecoder =
        workers.stream().filter(view -> view.registration().role().decodes()).findFirst();
    if (anyDecoder.isEmpty()) {
      return Mono.empty();
    }
    BlockHash root =
        BlockHasher.root(anyDecoder.get().registration().fingerprint(), journal.tenant().salt());
    return registry
        .longestPrefix(BlockHasher.chain(root, journal.tokens()))
        .map(Optional::of)
        .defaultIfEmpty(Optional.empty())
        .flatMap(matches ->
            Mono.justOrEmpty(
                decide(
                    journal,
                    workers,
                    anyDecoder.get().registration().fingerprint(),
                    root,
                    matches)));
  }

  private Optional<Placed> decide(
      Journal journal,
      List<WorkerView> workers,
      ModelFingerprint fingerprint,
      BlockHash root,
      Optional<PrefixMatches> matches) {
    List<Candidate> candidates =
        workers.stream()
            .filter(view -> view.registration().fingerprint().equals(fingerprint))
            .map(view -> new Candidate(view, matches.map(m -> m.of(view.lane())).orElse(0)))
            .toList();
    PlacementRequest request =
        new PlacementRequest(
            journal.spec().model(),
            journal.tokens().size(),
            journal.spec().stop().maxTokens() - journal.outputTokens(),
            matches.isPresent(),
            journal.failed(),
            turns.getAndIncrement());
    return switch (placement.place(request, candidates)) {
      case Placement.Outcome.NoCandidate none -> {
        refuseWhatCanNeverFit(request, candidates);
        yield Optional.empty();
      }
      case Placement.Outcome.Placed placed -> {
        Candidate chosen = placed.candidate();
        PathDecision path =
            PathDecision.decide(
                properties, request, chosen, prefill.isAlive(journal.spec().model()));
        journal.explanation().placed(placed.report(), path, chosen.residentBlocks());
        yield Optional.of(new Placed(chosen, path, root, sources(chosen, path, candidates)));
      }
    };
  }

  /** Waiting helps against a busy or dead worker, not against one that is too small. */
  private static void refuseWhatCanNeverFit(PlacementRequest request, List<Candidate> candidates) {
    int needed = request.tokens() + request.maxTokens();
    int largest =
        candidates.stream()
            .filter(c -> c.worker().registration().role().decodes())
            .mapToInt(c ->
                Math.min(
                    c.worker().registration().maxPositions(),
                    c.worker().registration().capacityBlocks()
                        * c.worker().registration().layout().blockTokens()))
            .max()
            .orElse(Integer.MAX_VALUE);
    if (needed > largest) {
      throw ApiException.invalid(
          "max_tokens",
          "context_length_exceeded",
          "The request needs "
              + needed
              + " tokens (prompt and max_tokens), the largest worker holds "
              + largest
              + ".");
    }
  }

  /** Who else holds more than the worker that will compute. */
  private static List<PrefixSource> sources(
      Candidate chosen, PathDecision path, List<Candidate> candidates) {
    int own = path.path() == GenerationPath.DECODE_LOCAL ? chosen.residentBlocks() : 0;
    return candidates.stream()
        .filter(candidate -> candidate.residentBlocks() > own)
        .sorted(Comparator.comparingInt(Candidate::residentBlocks).reversed())
        .limit(3)
        .map(candidate ->
            new PrefixSource(
                candidate.worker().ref(),
                candidate.worker().registration().kv(),
                candidate.residentBlocks()))
        .toList();
  }
}
