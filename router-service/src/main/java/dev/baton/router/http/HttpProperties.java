package dev.baton.router.http;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How much the router reads.
 *
 * @param maxRequestSize longest body of a request
 */
@ConfigurationProperties("baton.router")
public record HttpProperties(@DefaultValue("8MB") DataSize maxRequestSize) {
  public HttpProperties {
    if (maxRequestSize.toBytes() < 1 || maxRequestSize.toBytes() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "baton.router.max-request-size must be between 1 byte and 2 GB");
    }
  }
}
