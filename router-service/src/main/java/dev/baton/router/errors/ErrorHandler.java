package dev.baton.router.errors;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.webflux.error.ErrorWebExceptionHandler;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import org.springframework.web.ErrorResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.util.DisconnectedClientHelper;
import reactor.core.publisher.Mono;

/** Answers every failure of the router in the one documented shape, with its status. */
@Component
@Order(-2)
final class ErrorHandler implements ErrorWebExceptionHandler {
  private static final Logger LOG = LoggerFactory.getLogger(ErrorHandler.class);

  @Override
  public Mono<Void> handle(ServerWebExchange exchange, Throwable failure) {
    ServerHttpResponse response = exchange.getResponse();
    if (response.isCommitted()) {
      return Mono.error(failure);
    }
    if (DisconnectedClientHelper.isClientDisconnectedException(failure)) {
      LOG.debug("client went away: {}", failure.toString());
      return Mono.empty();
    }
    HttpMethod method = exchange.getRequest().getMethod();
    String path = exchange.getRequest().getPath().value();
    ApiException error = ErrorTranslation.translate(failure, method + " " + path);
    if (error.status() == HttpStatus.INTERNAL_SERVER_ERROR) {
      LOG.atError()
          .addKeyValue("request", response.getHeaders().getFirst("X-Request-Id"))
          .setCause(failure)
          .log("{} {} failed", method, path);
    }
    response.setStatusCode(error.status());
    writeHeaders(response.getHeaders(), failure, error);
    if (HttpMethod.HEAD.equals(method)) {
      return response.setComplete();
    }
    byte[] body = ErrorBody.bytes(error);
    response.getHeaders().setContentLength(body.length);
    return response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(body)));
  }

  private static void writeHeaders(HttpHeaders headers, Throwable failure, ApiException error) {
    if (failure instanceof ErrorResponse known) {
      headers.putAll(known.getHeaders());
    }
    headers.setContentType(MediaType.APPLICATION_JSON);
    @Nullable Duration retryAfter = error.retryAfter();
    if (retryAfter != null) {
      long seconds = retryAfter.plusMillis(999).toSeconds();
      headers.set(HttpHeaders.RETRY_AFTER, Long.toString(Math.max(1, seconds)));
    }
    if (error.status() == HttpStatus.UNAUTHORIZED) {
      headers.set(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
    }
  }
}
