package dev.baton.router.gateway;

import dev.baton.contracts.RequestId;
import dev.baton.router.generation.GenerationService;
import dev.baton.router.http.HeldBytes;
import dev.baton.router.http.HttpProperties;
import dev.baton.router.http.RequestBodies;
import dev.baton.router.http.RequestIdFilter;
import dev.baton.router.tenancy.Tenant;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.util.Map;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.core.Ordered;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Serves routes whose URI has the scheme {@code generate}: reads the request, lets the dialect
 * named by the URI's host turn it into work, runs the generation and writes what the dialect
 * renders. The status is committed with the first chunk, so a failure before it keeps its own.
 */
@Component
class GenerateRoutingFilter implements GlobalFilter, Ordered {
  private static final String SCHEME = "generate";

  private final Map<String, GenerationApi> dialects;
  private final GenerationService generations;
  private final HttpProperties http;
  private final HeldBytes held;

  GenerateRoutingFilter(
      Map<String, GenerationApi> dialects,
      GenerationService generations,
      HttpProperties http,
      MeterRegistry meters) {
    this.dialects = Map.copyOf(dialects);
    this.generations = generations;
    this.http = http;
    this.held = new HeldBytes(http.maxHeldSize().toBytes());
    meters.gauge("baton.router.request.bytes.held", held, HeldBytes::held);
  }

  /** Just before the filter that forwards by HTTP, like the gateway's own for websockets. */
  @Override
  public int getOrder() {
    return Ordered.LOWEST_PRECEDENCE - 1;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
    URI uri = exchange.getRequiredAttribute(ServerWebExchangeUtils.GATEWAY_REQUEST_URL_ATTR);
    if (!SCHEME.equals(uri.getScheme()) || ServerWebExchangeUtils.isAlreadyRouted(exchange)) {
      return chain.filter(exchange);
    }
    ServerWebExchangeUtils.setAlreadyRouted(exchange);
    GenerationApi dialect = dialects.get(uri.getHost());
    if (dialect == null) {
      return Mono.error(new IllegalStateException("no dialect named " + uri.getHost()));
    }
    Tenant tenant = exchange.getRequiredAttribute(Tenant.ATTRIBUTE);
    RequestId id = RequestIdFilter.of(exchange);
    return Mono.using(held::share, share -> work(exchange, dialect, tenant, id, share))
        .flatMap(work -> write(exchange, work, tenant, id));
  }

  private Mono<GenerationWork> work(
      ServerWebExchange exchange,
      GenerationApi dialect,
      Tenant tenant,
      RequestId id,
      HeldBytes.Share share) {
    var request = exchange.getRequest();
    int limit = (int) http.maxRequestSize().toBytes();
    return RequestBodies.read(request, limit, http.bodyTimeout(), share)
        .publishOn(Schedulers.boundedElastic())
        .map(body -> dialect.parse(new ApiRequest(request.getHeaders(), body, tenant, id)));
  }

  private Mono<Void> write(
      ServerWebExchange exchange, GenerationWork work, Tenant tenant, RequestId id) {
    ServerHttpResponse response = exchange.getResponse();
    Flux<DataBuffer> chunks =
        work.render(generations.generate(work.spec(), tenant, id))
            .map(response.bufferFactory()::wrap);
    response.setStatusCode(HttpStatus.OK);
    response.getHeaders().setContentType(work.contentType());
    response.getHeaders().setCacheControl("no-store");
    Mono<Void> written =
        work.streaming()
            ? response.writeAndFlushWith(chunks.map(Mono::just))
            : response.writeWith(chunks);
    return written.timeout(work.spec().timeout().plus(http.answerGrace()));
  }
}
