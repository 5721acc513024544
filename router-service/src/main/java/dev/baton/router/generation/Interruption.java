package dev.baton.router.generation;

import java.util.concurrent.atomic.AtomicReference;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Ends a stream from outside. */
final class Interruption {
  private Interruption() {}

  /**
   * The stream, cancelled and failed with the reason as soon as there is one. Unlike {@code
   * takeUntilOther} with an error, which fails but leaves the source running.
   */
  static <T> Flux<T> of(Flux<T> stream, Mono<? extends Throwable> reason) {
    return Flux.defer(() -> {
      AtomicReference<Throwable> interrupted = new AtomicReference<>();
      return stream
          .takeUntilOther(reason.doOnNext(interrupted::set))
          .concatWith(
              Flux.defer(() -> {
                Throwable why = interrupted.get();
                return why == null ? Flux.empty() : Flux.error(why);
              }));
    });
  }
}
