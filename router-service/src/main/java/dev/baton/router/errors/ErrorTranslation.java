package dev.baton.router.errors;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponse;

/** Whatever failed, as something that a client may read. */
final class ErrorTranslation {
  private static final Duration RETRY = Duration.ofSeconds(1);

  private ErrorTranslation() {}

  /**
   * @param request such as {@code GET /v1/models}, for messages
   */
  static ApiException translate(Throwable failure, String request) {
    return switch (failure) {
      case ApiException api -> withRetryAfter(api);
      case DataBufferLimitException limit -> of(HttpStatus.CONTENT_TOO_LARGE, request, null);
      case ErrorResponse response -> {
        @Nullable HttpStatus status = HttpStatus.resolve(response.getStatusCode().value());
        yield status == null
            ? ErrorBody.unexpected()
            : of(status, request, response.getBody().getDetail());
      }
      case TimeoutException timeout -> of(HttpStatus.GATEWAY_TIMEOUT, request, null);
      default -> ErrorBody.unexpected();
    };
  }

  private static ApiException of(HttpStatus status, String request, @Nullable String detail) {
    if (status == HttpStatus.INTERNAL_SERVER_ERROR) {
      return ErrorBody.unexpected();
    }
    boolean retry =
        status == HttpStatus.SERVICE_UNAVAILABLE || status == HttpStatus.TOO_MANY_REQUESTS;
    return new ApiException(
        status,
        type(status),
        code(status),
        null,
        message(status, request, detail),
        retry ? RETRY : null);
  }

  private static ApiException withRetryAfter(ApiException api) {
    boolean needed =
        api.status() == HttpStatus.SERVICE_UNAVAILABLE
            || api.status() == HttpStatus.TOO_MANY_REQUESTS;
    return needed && api.retryAfter() == null
        ? new ApiException(api.status(), api.type(), api.code(), api.param(), api.message(), RETRY)
        : api;
  }

  private static String type(HttpStatus status) {
    return switch (status) {
      case UNAUTHORIZED, FORBIDDEN -> ErrorTypes.AUTHENTICATION;
      case TOO_MANY_REQUESTS -> ErrorTypes.RATE_LIMIT;
      default -> status.is4xxClientError() ? ErrorTypes.INVALID_REQUEST : ErrorTypes.SERVER;
    };
  }

  private static String code(HttpStatus status) {
    return switch (status) {
      case CONTENT_TOO_LARGE -> "request_too_large";
      default -> status.name().toLowerCase(Locale.ROOT);
    };
  }

  private static String message(HttpStatus status, String request, @Nullable String detail) {
    return switch (status) {
      case NOT_FOUND -> "Unknown path: " + request + ".";
      case METHOD_NOT_ALLOWED -> "This path does not support the method: " + request + ".";
      case CONTENT_TOO_LARGE -> "The request body is too large.";
      case GATEWAY_TIMEOUT -> "The request was not finished in time.";
      case BAD_GATEWAY, SERVICE_UNAVAILABLE -> "The service behind this path cannot answer now.";
      default ->
          status.is4xxClientError() && detail != null && !detail.isBlank()
              ? detail
              : status.getReasonPhrase() + ".";
    };
  }
}
