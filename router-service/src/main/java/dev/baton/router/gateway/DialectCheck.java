package dev.baton.router.gateway;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.stereotype.Component;

/** A route to a dialect that does not exist fails the start, not the first request. */
@Component
class DialectCheck implements SmartInitializingSingleton {
  private final RouteLocator routes;
  private final Map<String, GenerationApi> dialects;

  DialectCheck(RouteLocator routes, Map<String, GenerationApi> dialects) {
    this.routes = routes;
    this.dialects = Map.copyOf(dialects);
  }

  @Override
  public void afterSingletonsInstantiated() {
    List<Route> all = routes.getRoutes().collectList().block(Duration.ofSeconds(10));
    if (all == null || all.isEmpty()) {
      throw new IllegalStateException("the gateway has no routes");
    }
    for (Route route : all) {
      if ("generate".equals(route.getUri().getScheme())
          && !dialects.containsKey(route.getUri().getHost())) {
        throw new IllegalStateException(
            "route "
                + route.getId()
                + " names the dialect "
                + route.getUri().getHost()
                + ", there are "
                + new TreeSet<>(dialects.keySet()));
      }
    }
  }
}
