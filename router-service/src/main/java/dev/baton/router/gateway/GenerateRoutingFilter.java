package dev.baton.router.gateway;

import dev.baton.contracts.RequestId;
import dev.baton.router.generation.GenerationService;
import dev.baton.router.http.HttpProperties;
import dev.baton.router.http.RequestBodies;
import dev.baton.router.tenancy.Tenant;
import java.net.URI;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.core.Ordered;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
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
  private static final String REQUEST_ID = "X-Request-Id";
  private static final Pattern VALID_ID = Pattern.compile("[A-Za-z0-9._-]{1,100}");

  private final Map<String, GenerationApi> dialects;
  private final GenerationService generations;
  private final int maxRequestBytes;

  GenerateRoutingFilter(
      Map<String, GenerationApi> dialects, GenerationService generations, HttpProperties http) {
    this.dialects = Map.copyOf(dialects);
    this.generations = generations;
    this.maxRequestBytes = (int) http.maxRequestSize().toBytes();
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
    RequestId id = requestId(exchange.getRequest().getHeaders());
    Tenant tenant = exchange.getRequiredAttribute(Tenant.ATTRIBUTE);
    exchange.getResponse().getHeaders().set(REQUEST_ID, id.value());
    return RequestBodies.read(exchange.getRequest(), maxRequestBytes)
        .publishOn(Schedulers.boundedElastic())
        .map(body ->
            dialect.parse(new ApiRequest(exchange.getRequest().getHeaders(), body, tenant, id)))
        .flatMap(work -> write(exchange, work, tenant, id));
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
    return work.streaming()
        ? response.writeAndFlushWith(chunks.map(Mono::just))
        : response.writeWith(chunks);
  }

  private static RequestId requestId(HttpHeaders headers) {
    String given = headers.getFirst(REQUEST_ID);
    return new RequestId(
        given != null && VALID_ID.matcher(given).matches() ? given : "req-" + UUID.randomUUID());
  }
}
