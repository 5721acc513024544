package dev.baton.router.generation;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.PrefixMatches;
import dev.baton.contracts.PrefixSource;
import dev.baton.contracts.Role;
import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerState;
import dev.baton.contracts.WorkerView;
import dev.baton.router.cluster.Cluster;
import dev.baton.router.cluster.RegistryClient;
import dev.baton.router.errors.ApiException;
import dev.baton.router.placement.Candidate;
import dev.baton.router.placement.PathDecision;
import dev.baton.router.placement.Placement;
import dev.baton.router.placement.PlacementProperties;
import dev.baton.router.placement.PlacementRequest;
import dev.baton.router.placement.Prediction;
import dev.baton.router.placement.PredictionCheck;
import dev.baton.router.placement.Predictor;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/** Finds the worker and the path of a request's next attempt. */
@Component
class Placer {
  private static final Duration RETRY = Duration.ofMillis(200);
  private static final int MOST_SOURCES = 3;

  private final Cluster cluster;
  private final RegistryClient registry;
  private final PrefillTier prefill;
  private final Placement placement;
  private final PlacementProperties properties;
  private final Predictor predictor;
  private final RecentPrefixes recent;
  private final InFlight inFlight;
  private final GenerationProperties limits;

  /** Routers that start together should not take turns in step. */
  private final AtomicLong turns = new AtomicLong(ThreadLocalRandom.current().nextLong());

  Placer(
      Cluster cluster,
      RegistryClient registry,
      PrefillTier prefill,
      Placement placement,
      PlacementProperties properties,
      PredictionCheck predictions,
      RecentPrefixes recent,
      InFlight inFlight,
      GenerationProperties limits) {
    this.cluster = cluster;
    this.registry = registry;
    this.prefill = prefill;
    this.placement = placement;
    this.properties = properties;
    this.predictor = predictions.predictor();
    this.recent = recent;
    this.inFlight = inFlight;
    this.limits = limits;
  }

  /**
   * Where an attempt goes.
   *
   * @param root where the prompt's chain of block hashes starts
   * @param computedTokens prompt tokens that probably have to be computed
   * @param sources other workers that hold a longer prefix than the chosen one, longest first
   */
  record Placed(
      Candidate candidate,
      PathDecision path,
      BlockHash root,
      int computedTokens,
      List<PrefixSource> sources) {}

  /** Waits for a worker for a bounded time where none is there; errors with 503 after it. */
  Mono<Placed> place(Journal journal) {
    return Mono.defer(() -> placeNow(journal))
        .repeatWhenEmpty(Integer.MAX_VALUE, repeats -> repeats.delayElements(RETRY))
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
    Optional<ModelFingerprint> fingerprint =
        journal.fingerprint().or(() -> fingerprint(workers, journal));
    if (fingerprint.isEmpty()) {
      return Mono.empty();
    }
    List<WorkerView> alike =
        workers.stream()
            .filter(view -> view.registration().fingerprint().equals(fingerprint.get()))
            .toList();
    BlockHash root = BlockHasher.root(fingerprint.get(), journal.tenant().salt());
    BlockHashes hashes = BlockHasher.chain(root, journal.tokens());
    return residency(hashes, alike)
        .map(Optional::of)
        .defaultIfEmpty(Optional.empty())
        .flatMap(matches -> Mono.justOrEmpty(decide(journal, alike, root, matches)))
        .doOnNext(placed -> recent.sent(hashes, placed.candidate().worker().ref()));
  }

  /** Who holds how much; empty where that is not known. */
  private Mono<PrefixMatches> residency(BlockHashes hashes, List<WorkerView> workers) {
    return switch (properties.active().residency()) {
      case PRECISE -> registry.longestPrefix(hashes);
      case APPROXIMATE -> Mono.fromSupplier(() -> recent.longest(hashes, workers));
      case NONE -> Mono.empty();
    };
  }

  /** While weights are being replaced, those of the first decode worker that can take requests. */
  private static Optional<ModelFingerprint> fingerprint(List<WorkerView> workers, Journal journal) {
    return workers.stream()
        .filter(view -> view.registration().role().decodes())
        .max(
            Comparator.comparing((WorkerView view) ->
                    view.state() == WorkerState.READY && !journal.failed().contains(view.ref()))
                .thenComparing(WorkerView::lane, Comparator.reverseOrder()))
        .map(view -> view.registration().fingerprint());
  }

  private Optional<Placed> decide(
      Journal journal, List<WorkerView> workers, BlockHash root, Optional<PrefixMatches> matches) {
    InFlight.Snapshot underWay = inFlight.snapshot(journal.spec().model());
    List<Candidate> holders =
        workers.stream()
            .map(view ->
                new Candidate(
                    view, matches.map(m -> m.of(view.lane())).orElse(0), underWay.of(view.ref())))
            .toList();
    List<Candidate> candidates =
        holders.stream().filter(c -> c.worker().registration().role().decodes()).toList();
    PlacementRequest request =
        new PlacementRequest(
            journal.spec().model(),
            journal.length(),
            journal.spec().stop().maxTokens() - journal.outputTokens(),
            matches.isPresent(),
            journal.failed(),
            prefillers(workers),
            journal.session(),
            turns.getAndIncrement());
    return switch (placement.place(request, candidates)) {
      case Placement.Outcome.NoCandidate none -> {
        refuseWhatCanNeverFit(request, candidates);
        journal.explanation().waiting(none.report());
        yield Optional.empty();
      }
      case Placement.Outcome.Placed placed -> {
        Candidate chosen = placed.candidate();
        PathDecision path =
            PathDecision.decide(
                properties,
                request,
                chosen,
                obstacle(journal),
                predictor.predict(
                    new Predictor.Snapshot(request, holders, underWay.prefillTier()), chosen));
        journal.explanation().placed(placed.report(), path, chosen.residentBlocks());
        int missing = request.tokens() - chosen.residentBlocks() * BlockHasher.BLOCK_TOKENS;
        yield Optional.of(
            new Placed(
                chosen,
                path,
                root,
                path.prediction().map(Prediction::computedTokens).orElse(missing),
                sources(journal, chosen, path, holders)));
      }
    };
  }

  private static Set<WorkerId> prefillers(List<WorkerView> workers) {
    return workers.stream()
        .map(WorkerView::registration)
        .filter(registration -> registration.role() == Role.PREFILL)
        .map(registration -> registration.worker())
        .collect(Collectors.toSet());
  }

  private Optional<String> obstacle(Journal journal) {
    return journal.hasQueueFailed()
        ? Optional.of("the prefill queue failed this request")
        : prefill.obstacle(journal.spec().model());
  }

  /** Waiting helps against a busy or dead worker, not against one that is too small. */
  private static void refuseWhatCanNeverFit(PlacementRequest request, List<Candidate> candidates) {
    int needed = request.tokens() + request.maxTokens();
    int largest =
        candidates.stream()
            .map(c -> c.worker().registration())
            .mapToInt(worker ->
                Math.min(
                    worker.maxPositions(), worker.capacityBlocks() * worker.layout().blockTokens()))
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

  /** Who else holds more than the worker that will compute, in blocks of the same shape. */
  static List<PrefixSource> sources(
      Journal journal, Candidate chosen, PathDecision path, List<Candidate> holders) {
    int own = path.path() == GenerationPath.DECODE_LOCAL ? chosen.residentBlocks() : 0;
    return holders.stream()
        .filter(holder -> holder.residentBlocks() > own)
        .filter(holder -> !journal.failed().contains(holder.worker().ref()))
        .filter(holder ->
            holder.worker().registration().layout().equals(chosen.worker().registration().layout()))
        .sorted(Comparator.comparingInt(Candidate::residentBlocks).reversed())
        .limit(MOST_SOURCES)
        .map(holder ->
            new PrefixSource(
                holder.worker().ref(),
                holder.worker().registration().kv(),
                holder.residentBlocks()))
        .toList();
  }
}
