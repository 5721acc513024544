package dev.baton.router.cluster;

import dev.baton.contracts.Directory;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.WorkerState;
import dev.baton.contracts.WorkerView;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The workers as last read from the registry. While the registry is silent the last reading is
 * believed for a bounded time. Thread-safe.
 */
@Component
public class Cluster implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(Cluster.class);

  private final RegistryClient registry;
  private final RegistryProperties properties;
  private final Clock clock;
  private volatile Reading reading = new Reading(List.of(), Instant.EPOCH);
  private volatile boolean silent;
  private @Nullable Disposable polling;

  private record Reading(List<WorkerView> workers, Instant at) {}

  public Cluster(RegistryClient registry, RegistryProperties properties, Clock clock) {
    this.registry = registry;
    this.properties = properties;
    this.clock = clock;
  }

  /** Every worker with a live lease, in lane order. */
  public List<WorkerView> workers() {
    Reading last = reading;
    return last.at().plus(properties.directoryTtl()).isAfter(clock.instant())
        ? last.workers()
        : List.of();
  }

  /**
   * Whether the worker is gone for certain: a reading after {@code since} does not show its lease.
   */
  public boolean isGone(LaneRef worker, Instant since) {
    Reading last = reading;
    return last.at().isAfter(since)
        && last.workers().stream().noneMatch(view -> view.ref().equals(worker));
  }

  /** Whether a decode worker of the model takes requests. */
  public boolean hasDecodeWorker(String model) {
    return workers().stream()
        .filter(view -> view.state() == WorkerState.READY)
        .anyMatch(view ->
            view.registration().role().decodes() && view.registration().model().equals(model));
  }

  @Override
  public synchronized void start() {
    polling =
        Flux.interval(Duration.ZERO, properties.poll())
            .onBackpressureDrop()
            .concatMap(tick -> Mono.defer(registry::directory).onErrorResume(this::noteSilence), 1)
            .subscribe(directory -> {
              if (silent) {
                log.info("the registry answers again");
              }
              silent = false;
              reading = new Reading(directory.workers(), clock.instant());
            });
  }

  private Mono<Directory> noteSilence(Throwable failure) {
    if (!silent) {
      log.warn(
          "the registry does not answer, going on with the last directory: {}", failure.toString());
    }
    silent = true;
    return Mono.empty();
  }

  @Override
  public synchronized void stop() {
    if (polling != null) {
      polling.dispose();
      polling = null;
    }
  }

  @Override
  public synchronized boolean isRunning() {
    return polling != null;
  }
}
