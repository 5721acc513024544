package dev.baton.decode.generation;

import dev.baton.contracts.TokenEvent;
import dev.baton.worker.loop.SequenceId;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * The events of one generation on their way to its reader. They come from one thread at a time, not
 * always the same one, and wait here while the reader is behind.
 */
final class EventStream implements TokenSink {
  private static final Logger log = LoggerFactory.getLogger(EventStream.class);

  private final SequenceId id;
  private final Sinks.Many<TokenEvent> sink;
  private final AtomicInteger emitted = new AtomicInteger();
  private final AtomicInteger taken = new AtomicInteger();
  private volatile boolean completed;

  /**
   * How far the reader is.
   *
   * @param taken events that have gone to be encoded and written
   * @param emitted events that there have been
   */
  record Progress(int taken, int emitted) {}

  /**
   * @param room events that may wait
   */
  EventStream(SequenceId id, int room) {
    this.id = id;
    this.sink = Sinks.many().unicast().onBackpressureBuffer(new ArrayBlockingQueue<>(room));
  }

  @Override
  public boolean next(TokenEvent event) {
    emitted.incrementAndGet();
    return switch (sink.tryEmitNext(event)) {
      // Without a reader there is nobody to be behind.
      case OK, FAIL_CANCELLED, FAIL_TERMINATED, FAIL_ZERO_SUBSCRIBER -> true;
      case FAIL_OVERFLOW, FAIL_NON_SERIALIZED -> false;
    };
  }

  @Override
  public void complete() {
    completed = true;
    sink.tryEmitComplete();
  }

  Progress progress() {
    return new Progress(taken.get(), emitted.get());
  }

  /**
   * For one reader.
   *
   * @param threads where the reader's work is done
   */
  Flux<TokenEvent> read(Scheduler threads, Runnable begin, Runnable left) {
    return sink.asFlux()
        .doOnSubscribe(_ -> begin.run())
        .doOnCancel(this::warnOfUnreadEnd)
        .doOnCancel(left)
        .publishOn(threads)
        .doOnNext(_ -> taken.incrementAndGet());
  }

  /** A reader that has heard the end leaves too, but has taken everything by then. */
  private void warnOfUnreadEnd() {
    Progress at = progress();
    if (completed && at.taken() < at.emitted()) {
      log.atWarn()
          .addKeyValue("request", id.request())
          .log(
              "attempt {} ended, but its reader left when {} of {} events had been taken for writing",
              id.attempt(),
              at.taken(),
              at.emitted());
    }
  }
}
