package dev.baton.router.generation;

import reactor.core.publisher.Flux;

/**
 * A generation that begins when its events are subscribed to, once.
 *
 * @param events buffered, so that a slow reader never holds a worker up; cancelling them cancels
 *     the generation everywhere
 * @param enough to be called before a cancellation that ends a complete answer (at a stop string)
 */
public record Generation(Flux<GenerationEvent> events, Runnable enough) {}
