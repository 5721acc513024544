package dev.baton.router.explain;

import dev.baton.router.errors.ApiException;
import dev.baton.router.errors.ErrorTypes;
import dev.baton.router.tenancy.Tenant;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;

/** {@code GET /v1/requests/{id}}. */
@RestController
class ExplanationEndpoint {
  private final Explanations explanations;

  ExplanationEndpoint(Explanations explanations) {
    this.explanations = explanations;
  }

  @GetMapping("/v1/requests/{id}")
  Explanation.View explain(@PathVariable String id, ServerWebExchange exchange) {
    Tenant tenant = exchange.getRequiredAttribute(Tenant.ATTRIBUTE);
    return explanations
        .find(id, tenant.name())
        .map(Explanation::view)
        .orElseThrow(() ->
            new ApiException(
                HttpStatus.NOT_FOUND,
                ErrorTypes.INVALID_REQUEST,
                "request_not_found",
                "id",
                "There is no request " + id + "; explanations are kept for an hour.",
                null));
  }
}
