package dev.baton.router.http;

import dev.baton.contracts.RequestId;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Names every request and says the name in the answer's header. A client's own {@code X-Request-Id}
 * becomes the beginning of the name, not all of it: workers know requests by name, and no client
 * may cancel or disturb another's by choosing the same.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE + 50)
public final class RequestIdFilter implements WebFilter {
  static final String HEADER = "X-Request-Id";

  private static final String ATTRIBUTE = RequestIdFilter.class.getName();
  private static final Pattern VALID = Pattern.compile("[A-Za-z0-9._-]{1,100}");

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    RequestId id = name(exchange.getRequest().getHeaders().getFirst(HEADER));
    exchange.getAttributes().put(ATTRIBUTE, id);
    exchange.getResponse().getHeaders().set(HEADER, id.value());
    return chain.filter(exchange);
  }

  /** The name of a request that has passed the filter. */
  public static RequestId of(ServerWebExchange exchange) {
    return exchange.getRequiredAttribute(ATTRIBUTE);
  }

  static RequestId name(@Nullable String given) {
    return new RequestId(
        given != null && VALID.matcher(given).matches()
            ? given + "-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt())
            : "req-" + UUID.randomUUID());
  }
}
