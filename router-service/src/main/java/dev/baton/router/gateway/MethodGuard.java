package dev.baton.router.gateway;

import java.util.Set;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.MethodNotAllowedException;
import reactor.core.publisher.Mono;

/** A gateway route that misses on the method alone would be a 404: here it is a 405. */
@Configuration(proxyBeanMethods = false)
class MethodGuard {
  @Bean
  RouterFunction<ServerResponse> postOnly() {
    return RouterFunctions.route(
        RequestPredicates.path("/v1/chat/completions")
            .or(RequestPredicates.path("/v1/deals/analyses"))
            .and(RequestPredicates.methods(HttpMethod.POST, HttpMethod.OPTIONS).negate()),
        request ->
            Mono.error(new MethodNotAllowedException(request.method(), Set.of(HttpMethod.POST))));
  }
}
