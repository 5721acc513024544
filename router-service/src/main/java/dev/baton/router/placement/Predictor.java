package dev.baton.router.placement;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.Role;
import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerState;
import dev.baton.contracts.WorkerView;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Predicts what either path takes, from the workers' measured rates:
 *
 * <ul>
 *   <li>queue: prompt tokens that came before, over tokens a second;
 *   <li>prefix: bytes over the reader's measured link to the holder, or tokens over tokens a
 *       second, whichever is less;
 *   <li>prefill: tokens that are missing then, over tokens a second;
 *   <li>overhead: what it was on this path of late.
 * </ul>
 *
 * A worker that has not measured its rate counts as the mean of those that have. Which prefill
 * worker will take a request is not known: what all of them hold is reused, what one holds must be
 * pulled. Thread-safe.
 */
public final class Predictor {
  /** A plain socket does at least this much; assumed until anything was measured, bytes/s. */
  private static final double FIRST_GUESS = 1e9;

  /** Handshake, lease and release of a pull. */
  private static final double PULL_SECONDS = 0.004;

  private final Overheads overheads;

  Predictor(Overheads overheads) {
    this.overheads = overheads;
  }

  /** Everybody who computes or holds something, as of one moment. */
  public record Snapshot(PlacementRequest request, List<Candidate> workers, Assigned prefillTier) {
    public Snapshot {
      workers = List.copyOf(workers);
    }

    private List<Candidate> prefillers() {
      return workers.stream()
          .filter(c -> c.worker().registration().role() == Role.PREFILL)
          .filter(c -> c.worker().state() == WorkerState.READY)
          .toList();
    }
  }

  /** Of both paths, as far as there are measurements: none while no rate is known. */
  public List<Prediction> predict(Snapshot snapshot, Candidate chosen) {
    OptionalDouble anybodys = rate(snapshot.workers());
    if (anybodys.isEmpty()) {
      return List.of();
    }
    Prediction local = local(snapshot, chosen, anybodys.getAsDouble());
    List<Candidate> prefillers = snapshot.prefillers();
    return prefillers.isEmpty()
        ? List.of(local)
        : List.of(disaggregated(snapshot, chosen, prefillers, anybodys.getAsDouble()), local);
  }

  private Prediction local(Snapshot snapshot, Candidate chosen, double anybodys) {
    double rate = rateOf(chosen, anybodys);
    Work work = work(snapshot, List.of(chosen), chosen.residentBlocks(), rate);
    int sequences = Math.max(1, chosen.worker().load().runningSequences());
    return new Prediction(
        GenerationPath.DECODE_LOCAL,
        seconds(chosen.queuedTokens() / rate),
        work.pull(),
        work.prefill(),
        overheads.of(GenerationPath.DECODE_LOCAL),
        Duration.ZERO,
        work.prefill().multipliedBy(sequences),
        work.computedTokens(),
        work.prefix());
  }

  private Prediction disaggregated(
      Snapshot snapshot, Candidate chosen, List<Candidate> prefillers, double anybodys) {
    double rate = rate(prefillers).orElse(anybodys);
    int heldByAll = prefillers.stream().mapToInt(Candidate::residentBlocks).min().orElse(0);
    Work work = work(snapshot, prefillers, heldByAll, rate);
    KvLayout layout = chosen.worker().registration().layout();
    int missing = layout.blocksFor(snapshot.request().tokens()) - chosen.residentBlocks();
    double link = link(chosen.worker(), ids(prefillers), snapshot.workers());
    return new Prediction(
        GenerationPath.DISAGGREGATED,
        queue(snapshot, prefillers, rate),
        work.pull(),
        work.prefill(),
        overheads.of(GenerationPath.DISAGGREGATED),
        seconds(Math.max(0, missing) * (double) layout.blockBytes() / link),
        Duration.ZERO,
        work.computedTokens(),
        work.prefix());
  }

  /** Nobody waits while a prefill worker is idle; beyond that they all drain one queue. */
  private static Duration queue(Snapshot snapshot, List<Candidate> prefillers, double rate) {
    long reported = prefillers.stream().mapToLong(Candidate::queuedTokens).sum();
    boolean oneIsIdle =
        snapshot.prefillTier().requests() < prefillers.size()
            && prefillers.stream().anyMatch(c -> c.queuedTokens() == 0);
    return oneIsIdle
        ? Duration.ZERO
        : seconds(
            Math.max(reported, snapshot.prefillTier().promptTokens()) / (rate * prefillers.size()));
  }

  private record Work(
      Duration pull, Duration prefill, int computedTokens, Optional<PrefixChoice> prefix) {}

  /**
   * @param readers who may compute it
   * @param resident blocks that every one of them holds
   */
  private static Work work(Snapshot snapshot, List<Candidate> readers, int resident, double rate) {
    // The last token is always computed, since its logits are needed.
    int limit = (snapshot.request().tokens() - 1) / BlockHasher.BLOCK_TOKENS;
    int own = Math.min(resident, limit);
    Optional<PrefixChoice> prefix =
        snapshot.workers().stream()
            .filter(holder -> Math.min(holder.residentBlocks(), limit) > own)
            .map(holder -> choice(snapshot, readers, holder, own, limit, rate))
            .max(Comparator.comparing(choice -> choice.computing().minus(choice.pulling())));
    Optional<PrefixChoice> pulled = prefix.filter(PrefixChoice::pull);
    int missing =
        snapshot.request().tokens()
            - (own + pulled.map(PrefixChoice::blocks).orElse(0)) * BlockHasher.BLOCK_TOKENS;
    return new Work(
        pulled.map(PrefixChoice::pulling).orElse(Duration.ZERO),
        seconds(missing / rate),
        missing,
        prefix);
  }

  private static PrefixChoice choice(
      Snapshot snapshot,
      List<Candidate> readers,
      Candidate holder,
      int own,
      int limit,
      double rate) {
    int blocks = Math.min(holder.residentBlocks(), limit) - own;
    double link =
        readers.stream()
            .filter(reader -> !reader.id().equals(holder.id()))
            .mapToDouble(reader -> link(reader.worker(), Set.of(holder.id()), snapshot.workers()))
            .average()
            .orElse(FIRST_GUESS);
    long bytes = blocks * holder.worker().registration().layout().blockBytes();
    return new PrefixChoice(
        holder.id().value(),
        blocks,
        seconds(PULL_SECONDS + bytes / link),
        seconds(blocks * BlockHasher.BLOCK_TOKENS / rate));
  }

  private static double link(WorkerView reader, Set<WorkerId> holders, List<Candidate> workers) {
    OptionalDouble measured = Links.measured(reader, holders);
    return measured.isPresent()
        ? measured.getAsDouble()
        : Links.anywhere(workers).orElse(FIRST_GUESS);
  }

  private static Set<WorkerId> ids(List<Candidate> workers) {
    return workers.stream().map(Candidate::id).collect(Collectors.toSet());
  }

  private static double rateOf(Candidate worker, double otherwise) {
    double rate = worker.worker().load().prefillTokensPerSecond();
    return rate > 0 ? rate : otherwise;
  }

  /** Mean of the workers that have measured theirs, tokens/s. */
  private static OptionalDouble rate(List<Candidate> workers) {
    return workers.stream()
        .mapToDouble(c -> c.worker().load().prefillTokensPerSecond())
        .filter(rate -> rate > 0)
        .average();
  }

  private static Duration seconds(double seconds) {
    return Duration.ofNanos((long) (seconds * 1e9));
  }
}
