package dev.baton.router.gateway;

import dev.baton.router.generation.Generation;
import dev.baton.router.generation.GenerationSpec;
import org.springframework.http.MediaType;
import reactor.core.publisher.Flux;

/** What to generate and how to answer. */
public interface GenerationWork {
  GenerationSpec spec();

  boolean streaming();

  MediaType contentType();

  /**
   * Renders the outcome: consumes its events and yields response chunks (complete frames of
   * server-sent events, or one body). Emits nothing before the first event. Cancels them where the
   * answer is complete early (a stop string), after saying {@link Generation#enough}. Errors with
   * {@link dev.baton.router.errors.ApiException} before the first chunk; in a running stream an
   * error becomes an {@code error} event and the end of the stream.
   */
  Flux<byte[]> render(Generation generation);
}
