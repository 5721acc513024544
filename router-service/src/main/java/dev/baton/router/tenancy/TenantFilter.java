package dev.baton.router.tenancy;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/** Authenticates every call under {@code /v1} and leaves its tenant in the exchange. */
@Order(Ordered.HIGHEST_PRECEDENCE + 100)
final class TenantFilter implements WebFilter {
  private final TenantDirectory tenants;

  TenantFilter(TenantDirectory tenants) {
    this.tenants = tenants;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    if (exchange.getRequest().getPath().value().startsWith("/v1/")) {
      exchange
          .getAttributes()
          .put(Tenant.ATTRIBUTE, tenants.authenticate(exchange.getRequest().getHeaders()));
    }
    return chain.filter(exchange);
  }
}
