package dev.baton.router.gateway;

/**
 * One HTTP dialect on top of token generation. The bean's name is the host of its {@code
 * generate://} URI.
 */
public interface GenerationApi {
  /**
   * Turns a request into work. Runs off the event loop (bounded elastic or virtual thread).
   *
   * @throws dev.baton.router.errors.ApiException for bad input
   */
  GenerationWork parse(ApiRequest request);
}
