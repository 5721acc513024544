package dev.baton.router.tenancy;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;
import reactor.core.publisher.Mono;

/** Authenticates every call under {@code /v1} and leaves its tenant in the exchange. */
@Order(Ordered.HIGHEST_PRECEDENCE + 100)
final class TenantFilter implements WebFilter {
  /** Matched as routes are: percent-encoded spellings of a path are the same path. */
  private static final PathPattern API = PathPatternParser.defaultInstance.parse("/v1/**");

  private final TenantDirectory tenants;

  TenantFilter(TenantDirectory tenants) {
    this.tenants = tenants;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    if (API.matches(exchange.getRequest().getPath().pathWithinApplication())) {
      exchange
          .getAttributes()
          .put(Tenant.ATTRIBUTE, tenants.authenticate(exchange.getRequest().getHeaders()));
    }
    return chain.filter(exchange);
  }
}
