package dev.baton.router.http;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How much the router reads, and for how long.
 *
 * @param maxRequestSize longest body of a request
 * @param maxHeldSize bodies of all requests that are being read or tokenized
 * @param bodyTimeout longest time that a client may take to send a body
 * @param answerGrace time beyond a generation's own limit for a client to read the answer
 */
@ConfigurationProperties("baton.router.http")
public record HttpProperties(
    @DefaultValue("4MB") DataSize maxRequestSize,
    @DefaultValue("256MB") DataSize maxHeldSize,
    @DefaultValue("30s") Duration bodyTimeout,
    @DefaultValue("30s") Duration answerGrace) {
  public HttpProperties {
    if (maxRequestSize.toBytes() < 1 || maxRequestSize.toBytes() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "baton.router.http.max-request-size must be between 1 byte and 2 GB");
    }
    if (maxHeldSize.toBytes() < maxRequestSize.toBytes()) {
      throw new IllegalArgumentException(
          "baton.router.http.max-held-size must not be below max-request-size");
    }
    if (!bodyTimeout.isPositive() || answerGrace.isNegative()) {
      throw new IllegalArgumentException("baton.router.http: timeouts must be positive");
    }
  }
}
