package dev.baton.router.gateway;

import dev.baton.contracts.RequestId;
import dev.baton.router.tenancy.Tenant;
import org.springframework.http.HttpHeaders;

/** A client's request, read whole, with the identity behind it. */
public record ApiRequest(HttpHeaders headers, byte[] body, Tenant tenant, RequestId requestId) {}
